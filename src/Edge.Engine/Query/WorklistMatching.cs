using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Query;

/// <summary>Matches items of a modality worklist with the keys of a query, sequences included (PS3.4 K.2.2), and composes the answer.</summary>
public static class WorklistMatching
{
    /// <summary>Deeper than any worklist.</summary>
    private const int MaximumDepth = 8;

    /// <summary>Whether an item satisfies all keys that have a value. A sequence matches when one of its items does.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange: a wildcard where the VR knows none.</exception>
    public static bool Matches(DataSet item, DataSet query, bool caseSensitiveNames) => Matches(item, query, caseSensitiveNames, 0);

    /// <summary>The keys of the query with the item's values, in the item's encoding; empty where it has none.</summary>
    public static DataSet Answer(DataSet item, DataSet query)
    {
        DataSet answer = Answer(item, query, 0);
        if (item.Find(DicomTags.SpecificCharacterSet) is { } characterSet)
        {
            answer.Set(characterSet);
        }

        answer.DefaultEncoding = item.DefaultEncoding;
        return answer;
    }

    private static bool Matches(DataSet item, DataSet query, bool caseSensitiveNames, int depth)
    {
        foreach (DicomElement key in query)
        {
            if (!IsKey(key.Tag))
            {
                continue;
            }

            if (key.IsSequence)
            {
                if (depth < MaximumDepth && key.Items is [var wanted, ..] && !MatchesAny(item.GetItems(key.Tag), wanted, caseSensitiveNames, depth + 1))
                {
                    return false;
                }

                continue;
            }

            string value = query.GetString(key.Tag)?.Trim(' ', '\0') ?? "";
            TextConstraint? constraint = TextConstraint.Parse(key.Tag, key.Vr, value, key.Vr != Vr.PN || caseSensitiveNames);
            if (constraint is not null && (item.GetString(key.Tag)?.Trim(' ', '\0') is not { } there || !constraint.Matches(there)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A key sequence without any condition matches what has no item too.</summary>
    private static bool MatchesAny(IReadOnlyList<DataSet> items, DataSet wanted, bool caseSensitiveNames, int depth)
    {
        foreach (DataSet item in items)
        {
            if (Matches(item, wanted, caseSensitiveNames, depth))
            {
                return true;
            }
        }

        return items.Count == 0 && Matches(new DataSet(), wanted, caseSensitiveNames, depth);
    }

    private static DataSet Answer(DataSet item, DataSet query, int depth)
    {
        DataSet answer = new() { DefaultEncoding = item.DefaultEncoding };
        foreach (DicomElement key in query)
        {
            if (!IsKey(key.Tag))
            {
                continue;
            }

            if (key.IsSequence && depth < MaximumDepth)
            {
                IEnumerable<DataSet> items = key.Items is [var wanted, ..]
                    ? item.GetItems(key.Tag).Select(one => Answer(one, wanted, depth + 1))
                    : item.GetItems(key.Tag).Select(static one => one.Clone());
                answer.SetItems(key.Tag, items);
            }
            else if (item.Find(key.Tag) is { IsSequence: false } there)
            {
                answer.Set(there);
            }
            else
            {
                answer.Set(new DicomElement(key.Tag, key.Vr, ReadOnlyMemory<byte>.Empty));
            }
        }

        return answer;
    }

    private static bool IsKey(DicomTag tag) => tag.Group >= 0x0008 && !tag.IsGroupLength && tag != DicomTags.SpecificCharacterSet;
}
