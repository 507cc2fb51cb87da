using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Reading;

/// <summary>The usual damage, and how it is taken, by scanner and reader alike.</summary>
public sealed class DamageTests
{
    private static readonly byte[] Identifiers = Samples.Bytes(
        0x00100020u, "LO", (ushort)2, "P1", 0x0020000Du, "UI", (ushort)2, "1\0", 0x0020000Eu, "UI", (ushort)2, "2\0");

    public static TheoryData<string, byte[], DamageKind> Cases => new()
    {
        { "two letters that are no VR", Samples.Bytes(0x00081030u, "XX", (ushort)0, 4, "abcd"), DamageKind.BadVr },
        { "no letters, 16-bit length", Samples.Bytes(0x00081030u, "??", (ushort)4, "abcd"), DamageKind.BadVr },
        { "an element in implicit form", Samples.Bytes(0x00081030u, 4, "abcd"), DamageKind.BadVr },
        { "a stray item delimiter", Samples.Bytes(0xFFFEE00Du, 0), DamageKind.BadDelimiter },
        { "a missing item delimiter", Samples.Bytes(0x00081115u, "SQ", (ushort)0, -1, 0xFFFEE000u, -1, 0x00080060u, "CS", (ushort)2, "CT", 0xFFFEE0DDu, 0), DamageKind.BadDelimiter },
        { "an item in an item", Samples.Bytes(0x00081115u, "SQ", (ushort)0, -1, 0xFFFEE000u, -1, 0x00080060u, "CS", (ushort)2, "CT", 0xFFFEE000u, 0, 0xFFFEE0DDu, 0), DamageKind.BadDelimiter },
        { "a missing sequence delimiter", Samples.Bytes(0x00081115u, "SQ", (ushort)0, -1, 0xFFFEE000u, 0), DamageKind.BadDelimiter },
        { "tags out of order", Samples.Bytes(0x00180015u, "CS", (ushort)2, "AB", 0x00080060u, "CS", (ushort)2, "CT"), DamageKind.BadOrder },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void DamageIsGotOver(string what, byte[] damage, DamageKind kind)
    {
        byte[] bytes = [.. Samples.Bytes(0x00080005u, "CS", (ushort)10, "ISO_IR 100"), .. damage, .. Identifiers];
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, ScanPlan.Identifiers, scan));
        Assert.Equal(("P1", "1", "2"), (scan.GetString(DicomTags.PatientID), scan.GetString(DicomTags.StudyInstanceUID), scan.GetString(DicomTags.SeriesInstanceUID)));
        Assert.Contains(scan.Notes, note => note.Kind == kind);
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian, out IReadOnlyList<DamageNote> notes);
        Assert.Equal(("P1", "1", "2"), (dataSet.GetString(DicomTags.PatientID), dataSet.GetString(DicomTags.StudyInstanceUID), dataSet.GetString(DicomTags.SeriesInstanceUID)));
        Assert.True(notes.Any(note => note.Kind == kind), what + ": " + string.Join("; ", notes));
    }

    [Fact]
    public void UnOfUndefinedLengthIsImplicitInside()
    {
        byte[] bytes = [.. Samples.Bytes(0x00091010u, "UN", (ushort)0, -1, 0xFFFEE000u, -1, 0x00080060u, 2, "CT", 0xFFFEE00Du, 0, 0xFFFEE0DDu, 0), .. Identifiers];
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, new ScanPlan([new DicomTag(0x00091010)]), scan));
        Assert.Equal("P1", scan.GetString(DicomTags.PatientID));
        Assert.Equal("CT", scan.GetSequence(new DicomTag(0x00091010))?.Items?[0].GetString(DicomTags.Modality));
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal("CT", dataSet.GetItems(new DicomTag(0x00091010))[0].GetString(DicomTags.Modality));
        Assert.Equal(Vr.UN, dataSet.Find(new DicomTag(0x00091010))?.Vr);
        Assert.Equal(bytes, DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian));
    }

    [Fact]
    public void OddLengthsAreReadAndMadeEven()
    {
        byte[] bytes = [.. Samples.Bytes(0x00081030u, "LO", (ushort)3, "abc"), .. Identifiers];
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal("abc", dataSet.GetString(DicomTags.StudyDescription));
        byte[] written = DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal(Samples.Bytes(0x00081030u, "LO", (ushort)4, "abc "), written[..12]);
    }

    [Fact]
    public void AnItemThatLiesAboutItsLengthEndsWithItsSequence()
    {
        byte[] bytes = [.. Samples.Bytes(0x00081115u, "SQ", (ushort)0, 18, 0xFFFEE000u, 400, 0x00080060u, "CS", (ushort)2, "CT"), .. Identifiers];
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian, out IReadOnlyList<DamageNote> notes);
        Assert.Equal("CT", dataSet.GetItems(DicomTags.ReferencedSeriesSequence)[0].GetString(DicomTags.Modality));
        Assert.Equal("P1", dataSet.GetString(DicomTags.PatientID));
        Assert.Equal(DamageKind.BadLength, Assert.Single(notes).Kind);
    }
}
