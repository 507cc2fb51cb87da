using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Archives;
using Xunit;

namespace Edge.Unit.Tests.Engine.Archives;

public sealed class DicomDirectoryTests
{
    [Theory]
    [InlineData("Test^One", null)]
    [InlineData("Test^\u00e9t\u00e9", "ISO_IR 100")]
    public void TextBeyondAsciiIsAnnouncedAroundTheRecords(string name, string? expected)
    {
        DicomDirectory directory = new(isExtended: false);
        foreach (string patient in (string[])["Other", name])
        {
            DataSet header = new();
            header.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 100", Vr.CS);
            header.SetString(DicomTags.PatientName, patient, Vr.PN);
            header.SetString(DicomTags.PatientID, patient[..1], Vr.LO);
            directory.Add("IMAGES\\IM0", header, TransferSyntax.ExplicitVrLittleEndian.Uid);
        }

        DataSet read = DicomReader.ReadFile(directory.ToArray()).DataSet;
        Assert.Equal(expected, read.GetString(DicomTags.SpecificCharacterSet));
        IReadOnlyList<DataSet> records = read.GetItems(new DicomTag(0x00041220));
        Assert.Contains(records, record => record.GetString(DicomTags.PatientName) == name);
        Assert.All(records, static record => Assert.Equal("ISO_IR 100", record.GetString(DicomTags.SpecificCharacterSet)));
    }
}
