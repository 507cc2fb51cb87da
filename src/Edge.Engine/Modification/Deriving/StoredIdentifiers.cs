using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Modification.Deriving;

/// <summary>The DICOM identifiers of stored instances, from the index.</summary>
internal static class StoredIdentifiers
{
    /// <summary>Null where the instance is not stored.</summary>
    public static OrthancIdentifiers? Of(IIndexReader reader, string instanceId) =>
        reader.Find(instanceId, ResourceLevel.Instance) is { } instance
        && reader.Ancestor(instance.Id, ResourceLevel.Series) is { } series
        && reader.Ancestor(instance.Id, ResourceLevel.Study) is { } study
        && reader.Ancestor(instance.Id, ResourceLevel.Patient) is { } patient
            ? new OrthancIdentifiers(
                patient.Tags.Get(DicomTags.PatientID.Value) ?? "",
                study.Tags.Get(DicomTags.StudyInstanceUID.Value) ?? "",
                series.Tags.Get(DicomTags.SeriesInstanceUID.Value) ?? "",
                instance.Tags.Get(DicomTags.SOPInstanceUID.Value) ?? "")
            : null;
}
