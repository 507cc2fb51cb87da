using System.Globalization;
using System.Text;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <content>The order of the answers: keys are read with each match, then sorted.</content>
internal sealed partial class Finder
{
    private object?[] Keys(Statement row)
    {
        object?[] keys = new object?[request.OrderBy.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            FindOrder order = request.OrderBy[i];
            string? text = order.Metadata is { } type ? MetadataOf(row, type) : TagOf(row, order);
            keys[i] = order.Numeric && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : text;
        }

        return keys;
    }

    private static string? MetadataOf(Statement row, int type) => type == MetadataType.LastUpdate
        ? (row.Integer(5) == 0 ? null : RowReader.LastUpdate(row.Integer(5)))
        : new PackedMetadata(row.Bytes(4)).Get(type);

    /// <summary>As conditions are checked: below the patient, its tags are those that the study came with.</summary>
    private string? TagOf(Statement row, FindOrder order)
    {
        uint tag = order.Tag ?? 0;
        ResourceLevel wanted = order.Level == ResourceLevel.Patient && request.Level > ResourceLevel.Patient ? ResourceLevel.Study : order.Level;
        if (wanted >= request.Level)
        {
            return TextOf(row.Span(3), row.Span(6), tag);
        }

        Ancestor ancestor = Known(row.Integer(2));
        for (ResourceLevel level = request.Level - 1; level > wanted; level--)
        {
            ancestor = Known(ancestor.Parent);
        }

        return TextOf(ancestor.Tags.Span, ancestor.PatientTags.Span, tag);
    }

    private static string? TextOf(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> ofPatient, uint tag) =>
        TryFind(packed, tag, out ReadOnlySpan<byte> value) || TryFind(ofPatient, tag, out value) ? Encoding.UTF8.GetString(value) : null;

    private List<FoundResource> Order(List<FoundResource> found, List<object?[]> keys)
    {
        int[] order = new int[found.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) =>
        {
            for (int k = 0; k < request.OrderBy.Count; k++)
            {
                int comparison = CompareKeys(keys[a][k], keys[b][k], request.OrderBy[k].Descending);
                if (comparison != 0)
                {
                    return comparison;
                }
            }

            return found[a].Id.CompareTo(found[b].Id);
        });
        List<FoundResource> page = [];
        long end = request.Limit == 0 ? long.MaxValue : request.Since + request.Limit;
        for (long i = request.Since; i < order.Length && i < end; i++)
        {
            page.Add(found[order[i]]);
        }

        return page;
    }

    /// <summary>Resources without the key come last in either direction.</summary>
    private static int CompareKeys(object? a, object? b, bool descending)
    {
        if (a is null || b is null)
        {
            return (a is null ? 1 : 0) - (b is null ? 1 : 0);
        }

        int comparison = (a, b) switch
        {
            (double x, double y) => x.CompareTo(y),
            (double, _) => -1,
            (_, double) => 1,
            _ => string.CompareOrdinal((string)a, (string)b),
        };
        return descending ? -comparison : comparison;
    }
}
