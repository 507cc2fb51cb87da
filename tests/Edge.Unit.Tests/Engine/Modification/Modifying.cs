using System.Text.Json;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Modification;
using Edge.Engine.Modification.Deriving;

namespace Edge.Unit.Tests.Engine.Modification;

/// <summary>Short ways to modify data sets.</summary>
internal static class Modifying
{
    public static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

    public static ModificationContext Context { get; } = new(new UidMapper(Key), "", "Test 1", "Nobody7");

    public static void Anonymize(this DataSet dataSet, string body = "{}")
    {
        using JsonDocument document = JsonDocument.Parse(body);
        new DataSetModifier(ModificationParser.ParseAnonymize(document.RootElement), Context).Apply(dataSet);
    }

    public static void Modify(this DataSet dataSet, string body, ResourceLevel level = ResourceLevel.Study)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        new DataSetModifier(ModificationParser.ParseModify(document.RootElement, level), Context).Apply(dataSet);
    }

    public static RequestEditor Editor(string body, bool anonymizes, ResourceLevel level = ResourceLevel.Study)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return new RequestEditor(anonymizes ? ModificationParser.ParseAnonymize(document.RootElement) : ModificationParser.ParseModify(document.RootElement, level), Context);
    }

    /// <summary>A small data set with private tags, references and text in items.</summary>
    public static DataSet Sample(string instance = "1.2.3.1.1.1", string series = "1.2.3.1.1")
    {
        DataSet dataSet = new();
        dataSet.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 100", Vr.CS);
        dataSet.SetString(DicomTags.SOPClassUID, UidRegistry.MrImageStorage, Vr.UI);
        dataSet.SetString(DicomTags.SOPInstanceUID, instance, Vr.UI);
        dataSet.SetString(DicomTags.StudyInstanceUID, "1.2.3.1", Vr.UI);
        dataSet.SetString(DicomTags.SeriesInstanceUID, series, Vr.UI);
        dataSet.SetString(DicomTags.PatientID, "P1", Vr.LO);
        dataSet.SetString(DicomTags.PatientName, "Müller^Jörg", Vr.PN);
        dataSet.SetString(DicomTags.StudyDate, "20260102", Vr.DA);
        dataSet.SetString(DicomTags.StudyDescription, "Knee", Vr.LO);
        dataSet.SetString(DicomTags.StationName, "STATION", Vr.SH);
        dataSet.SetString(DicomTags.FrameOfReferenceUID, "1.2.3.9", Vr.UI);
        dataSet.SetString(new DicomTag(0x00090010), "OWNER", Vr.LO);
        dataSet.SetString(new DicomTag(0x00091001), "secret", Vr.LO);
        DataSet reference = new();
        reference.SetString(DicomTags.ReferencedSOPClassUID, UidRegistry.MrImageStorage, Vr.UI);
        reference.SetString(DicomTags.ReferencedSOPInstanceUID, "1.2.3.1.1.2", Vr.UI);
        reference.SetString(DicomTags.StudyDescription, "Knee", Vr.LO);
        reference.SetString(DicomTags.StudyDate, "20260102", Vr.DA);
        reference.SetString(DicomTags.PatientName, "Müller^Jörg", Vr.PN);
        reference.SetString(new DicomTag(0x00090010), "OWNER", Vr.LO);
        reference.SetString(new DicomTag(0x00091001), "secret", Vr.LO);
        dataSet.SetItems(DicomTags.ReferencedImageSequence, [reference]);
        return dataSet;
    }
}
