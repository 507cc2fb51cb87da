using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Engine.Modification.Deriving;

/// <summary>
/// Moves an instance into another study: the attributes of the Patient and Study modules become those of the target study, whichever it has not
/// are removed, and series and instance get new UIDs.
/// </summary>
/// <param name="target">The attributes of the target study, of one of its instances.</param>
/// <param name="identifiers">The identifiers of that instance.</param>
/// <param name="moduleTags">The tags of the two modules.</param>
public sealed class MergeEditor(DataSet target, OrthancIdentifiers identifiers, IReadOnlySet<DicomTag> moduleTags, UidMapper uids) : IDataSetEditor
{
    public void Apply(DataSet dataSet)
    {
        string series = dataSet.GetString(DicomTags.SeriesInstanceUID) ?? "";
        string instance = dataSet.GetString(DicomTags.SOPInstanceUID) ?? "";
        dataSet.RemoveAll(element => moduleTags.Contains(element.Tag));
        DataSet source = Recoded(dataSet);
        foreach (DicomElement element in source)
        {
            if (moduleTags.Contains(element.Tag))
            {
                dataSet.Set(element);
            }
        }

        dataSet.SetString(DicomTags.SeriesInstanceUID, uids.Map(series), Vr.UI);
        dataSet.SetString(DicomTags.SOPInstanceUID, uids.Map(instance), Vr.UI);
    }

    public OrthancIdentifiers TargetOf(OrthancIdentifiers source) =>
        new(identifiers.PatientId, identifiers.StudyInstanceUid, uids.Map(source.SeriesInstanceUid), uids.Map(source.SopInstanceUid));

    /// <summary>The attributes of the target in the character set of the instance; where that is too poor for them, the instance goes over to UTF-8.</summary>
    private DataSet Recoded(DataSet dataSet)
    {
        DataSet source = target.Clone();
        if (source.CharacterSet.Value == dataSet.CharacterSet.Value && source.CharacterSet.Encoding == dataSet.CharacterSet.Encoding)
        {
            return source;
        }

        foreach (DicomElement element in source)
        {
            if (moduleTags.Contains(element.Tag) && (element.IsSequence || source.GetString(element.Tag) is { } text && !dataSet.CharacterSet.CanEncode(text)))
            {
                dataSet.ChangeCharacterSet(SpecificCharacterSet.Utf8);
                break;
            }
        }

        source.ChangeCharacterSet(dataSet.CharacterSet);
        return source;
    }
}
