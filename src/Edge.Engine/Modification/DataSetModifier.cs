using System.Text.Json;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Modification.Deidentification;

namespace Edge.Engine.Modification;

/// <summary>What the server adds to a request: names that only it can give.</summary>
/// <param name="Uids">The new identifiers of the job.</param>
/// <param name="DefaultPrivateCreator">The option; empty for none.</param>
/// <param name="Product">The program and version that DeidentificationMethod names.</param>
/// <param name="AnonymousName">The new PatientName of an anonymization; empty elsewhere.</param>
public sealed record ModificationContext(UidMapper Uids, string DefaultPrivateCreator, string Product, string AnonymousName);

/// <summary>
/// Applies a request to data sets, in Orthanc's order: private tags, profile, removals, replacements, new identifiers, then paths into
/// sequences. Values that are not touched stay the bytes they were. One data set at a time; nothing is kept between them.
/// </summary>
public sealed class DataSetModifier(ModificationRequest request, ModificationContext context)
{
    private readonly JsonTags _json = new(string.IsNullOrEmpty(request.PrivateCreator) ? context.DefaultPrivateCreator : request.PrivateCreator);

    /// <summary>Changes a data set.</summary>
    /// <exception cref="Core.Errors.EdgeException">BadParameterType where a replacement is no value of its tag.</exception>
    public void Apply(DataSet top)
    {
        OriginalIdentifiers original = OriginalIdentifiers.Of(top);
        if (request.RemovePrivateTags)
        {
            RemovePrivate(top);
        }

        if (request.Profile is { } profile)
        {
            new Deidentifier(request, profile, context.Uids, original).Apply(top);
        }

        foreach (TagPath removal in request.Removals)
        {
            if (removal.IsTop)
            {
                top.Remove(removal.Last);
            }
        }

        ReplaceCharacterSet(top);
        foreach (Replacement replacement in request.Replacements)
        {
            if (replacement.Path.IsTop && replacement.Path.Last != DicomTags.SpecificCharacterSet)
            {
                _json.Set(top, replacement.Path.Last, replacement.Path.Creator, replacement.Value);
            }
        }

        RenewIdentifiers(top, original);
        if (request.Profile is not null)
        {
            Declare(top, request.Profile);
        }

        foreach (TagPath removal in request.Removals)
        {
            if (!removal.IsTop)
            {
                removal.Visit(top, creates: false, item => item.Remove(removal.Last));
            }
        }

        foreach (Replacement replacement in request.Replacements)
        {
            if (!replacement.Path.IsTop)
            {
                replacement.Path.Visit(top, creates: true, item => _json.Set(item, replacement.Path.Last, replacement.Path.Creator, replacement.Value));
            }
        }
    }

    /// <summary>Removes private elements here and in items, but those that the request keeps or replaces, with their creators.</summary>
    private void RemovePrivate(DataSet top)
    {
        HashSet<DicomTag>? spared = null;
        foreach (DicomElement element in top)
        {
            if (element.Tag.IsPrivateElement && (request.IsKept(element.Tag) || request.IsReplaced(element.Tag)))
            {
                (spared ??= []).Add(element.Tag);
                spared.Add(element.Tag.CreatorTag);
            }
        }

        top.RemoveAll(element => element.Tag.IsPrivate && spared?.Contains(element.Tag) != true);
        foreach (DicomElement element in top)
        {
            if (element.Items is { } items && !request.IsKept(element.Tag) && !element.Tag.IsPrivate)
            {
                RemoveAllPrivate(items);
            }
        }
    }

    private static void RemoveAllPrivate(IReadOnlyList<DataSet> items)
    {
        for (int i = 0; i < items.Count; i++)
        {
            items[i].RemoveAll(static element => element.Tag.IsPrivate);
            foreach (DicomElement element in items[i])
            {
                if (element.Items is { } inner)
                {
                    RemoveAllPrivate(inner);
                }
            }
        }
    }

    /// <summary>Encodes the data set in the character set that the request gives it, or in UTF-8 where its own cannot express a new value.</summary>
    private void ReplaceCharacterSet(DataSet top)
    {
        if (request.ReplacementOf(DicomTags.SpecificCharacterSet) is { ValueKind: JsonValueKind.String } value)
        {
            top.ChangeCharacterSet(CharacterSets.Require(value.GetString()!));
            return;
        }

        SpecificCharacterSet current = top.CharacterSet;
        bool isPlain = true;
        foreach (Replacement replacement in request.Replacements)
        {
            isPlain &= JsonTags.CanEncode(SpecificCharacterSet.Of(OrthancEncoding.Ascii), replacement.Value);
            if (!isPlain && !JsonTags.CanEncode(current, replacement.Value))
            {
                top.ChangeCharacterSet(SpecificCharacterSet.Utf8);
                return;
            }
        }

        if (!isPlain && !top.Contains(DicomTags.SpecificCharacterSet) && current.Value.Length > 0)
        {
            // Text beyond ASCII must not depend on the reader's default.
            top.SetString(DicomTags.SpecificCharacterSet, current.Value, Vr.CS);
        }
    }

    private void RenewIdentifiers(DataSet top, OriginalIdentifiers original)
    {
        if (request.IsAnonymization && !request.IsReplaced(DicomTags.PatientID) && !request.IsKept(DicomTags.PatientID))
        {
            top.SetString(DicomTags.PatientID, context.Uids.MapPatientId(original.PatientId), Vr.LO);
        }

        if (request.IsAnonymization && !request.IsReplaced(DicomTags.PatientName) && !request.IsKept(DicomTags.PatientName))
        {
            top.SetString(DicomTags.PatientName, context.AnonymousName, Vr.PN);
        }

        Renew(top, ResourceLevel.Study, DicomTags.StudyInstanceUID, original.StudyInstanceUid);
        Renew(top, ResourceLevel.Series, DicomTags.SeriesInstanceUID, original.SeriesInstanceUid);
        Renew(top, ResourceLevel.Instance, DicomTags.SOPInstanceUID, original.SopInstanceUid);
    }

    /// <summary>A new UID where the level of the request is that of the UID or above; one that is absent is made up for its level alone.</summary>
    private void Renew(DataSet top, ResourceLevel level, DicomTag tag, string original)
    {
        if (request.Level <= level && !request.IsReplaced(tag) && !request.IsKept(tag) && !request.Retained.HasFlag(RetainOptions.Uids))
        {
            top.SetString(tag, original.Length > 0 ? context.Uids.Map(original) : UidMapper.NewUid(), Vr.UI);
        }
    }

    /// <summary>What says that and how the data set was anonymized (PS3.3 C.7.1.1).</summary>
    private void Declare(DataSet top, DeidentificationProfile profile)
    {
        if (!request.IsReplaced(DicomTags.PatientIdentityRemoved))
        {
            top.SetString(DicomTags.PatientIdentityRemoved, "YES", Vr.CS);
        }

        if (!request.IsReplaced(DicomTags.DeidentificationMethod))
        {
            top.SetString(DicomTags.DeidentificationMethod, request.DepartsFromProfile ? context.Product : profile.Method(context.Product), Vr.LO);
        }

        if (profile.Conforms && !request.DepartsFromProfile)
        {
            top.SetItems(DicomTags.DeidentificationMethodCodeSequence, DeidentificationCodes.Of(request.Retained));
            if (request.Retained.HasFlag(RetainOptions.LongitudinalTemporalFull))
            {
                top.SetString(DicomTags.LongitudinalTemporalInformationModified, "UNMODIFIED", Vr.CS);
            }
            else
            {
                top.SetString(DicomTags.LongitudinalTemporalInformationModified, "REMOVED", Vr.CS);
            }
        }
    }
}

/// <summary>The identifiers of a data set before it is changed; empty where absent.</summary>
internal sealed record OriginalIdentifiers(string PatientId, string StudyInstanceUid, string SeriesInstanceUid, string SopInstanceUid)
{
    public static OriginalIdentifiers Of(DataSet top) => new(
        top.GetString(DicomTags.PatientID) ?? "",
        top.GetString(DicomTags.StudyInstanceUID) ?? "",
        top.GetString(DicomTags.SeriesInstanceUID) ?? "",
        top.GetString(DicomTags.SOPInstanceUID) ?? "");
}
