using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Modification.Deidentification;

namespace Edge.Engine.Modification.Deriving;

/// <summary>Modifies or anonymizes as a request says.</summary>
public sealed class RequestEditor(ModificationRequest request, ModificationContext context) : IDataSetEditor
{
    private readonly DataSetModifier _modifier = new(request, context);

    public void Apply(DataSet dataSet) => _modifier.Apply(dataSet);

    public OrthancIdentifiers TargetOf(OrthancIdentifiers source) => new(
        request.ReplacementOf(DicomTags.PatientID) is { } id ? Prepared(id.GetString()!)
        : request.IsAnonymization && !request.IsKept(DicomTags.PatientID) ? context.Uids.MapPatientId(source.PatientId) : source.PatientId,
        Target(ResourceLevel.Study, DicomTags.StudyInstanceUID, source.StudyInstanceUid),
        Target(ResourceLevel.Series, DicomTags.SeriesInstanceUID, source.SeriesInstanceUid),
        Target(ResourceLevel.Instance, DicomTags.SOPInstanceUID, source.SopInstanceUid));

    private string Target(ResourceLevel level, DicomTag tag, string source) =>
        request.ReplacementOf(tag) is { } value ? Prepared(value.GetString()!)
        : request.Level > level || request.IsKept(tag) || request.Retained.HasFlag(RetainOptions.Uids) ? source
        : context.Uids.Map(source);

    // As they are read from the file again.
    private static string Prepared(string value)
    {
        int end = value.IndexOf('\0', StringComparison.Ordinal);
        return (end < 0 ? value : value[..end]).TrimEnd(' ');
    }
}
