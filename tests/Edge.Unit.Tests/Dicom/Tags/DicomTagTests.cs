using Edge.Core.Errors;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Tags;

public sealed class DicomTagTests
{
    [Theory]
    [InlineData("0010,0010", 0x00100010u)]
    [InlineData("0010-0010", 0x00100010u)]
    [InlineData("00100010", 0x00100010u)]
    [InlineData("7FE00010", 0x7FE00010u)]
    [InlineData("7fe0,0010", 0x7FE00010u)]
    [InlineData("9,1001", 0x00091001u)]
    [InlineData("0010,0010 ", 0x00100010u)]
    [InlineData("PatientName", 0x00100010u)]
    [InlineData("OtherPatientIDs", 0x00101000u)]
    [InlineData("RETIRED_OtherPatientIDs", 0x00101000u)]
    [InlineData("RETIRED_StudyComments", 0x00324000u)]
    [InlineData("OverlayRows", 0x60000010u)]
    [InlineData("ScanPitchRatio", 0x00431027u)]
    [InlineData("MessageID", 0x00000110u)]
    public void AcceptsWhatOrthancAccepts(string text, uint expected)
    {
        Assert.True(DicomTag.TryParse(text, out DicomTag tag));
        Assert.Equal(expected, tag.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("patientname")]
    [InlineData("Patient Name")]
    [InlineData("PatientsName")]
    [InlineData("RETIRED_PatientName")]
    [InlineData("0x00100010")]
    [InlineData("(0010,0010)")]
    [InlineData("0010,00100")]
    [InlineData("00100,010")]
    [InlineData("0010,00g0")]
    [InlineData("001000100")]
    [InlineData("Unknown")]
    public void RefusesWhatOrthancRefuses(string text)
    {
        Assert.False(DicomTag.TryParse(text, out _));
        EdgeException error = Assert.Throws<EdgeException>(() => DicomTag.Parse(text));
        Assert.Equal(ErrorCode.UnknownDicomTag, error.Code);
        Assert.Contains(text, error.Detail);
    }

    [Fact]
    public void APrivateKeywordGivesItsCreator()
    {
        Assert.True(DicomTag.TryParse("ScanPitchRatio", out _, out string? creator));
        Assert.Equal("GEMS_PARM_01", creator);
    }

    [Fact]
    public void WritesEachNotation()
    {
        var tag = new DicomTag(0x0018, 0xA001);
        Assert.Equal("0018,a001", tag.ToString());
        Assert.Equal("0018-a001", tag.ToDashString());
        Assert.Equal("0018A001", tag.ToHexString());
        Assert.Equal("[0018,a001]", $"[{tag}]");
        Span<byte> utf8 = stackalloc byte[9];
        tag.WriteUtf8(utf8);
        Assert.Equal("0018,a001"u8, utf8);
    }

    [Fact]
    public void KnowsItsKind()
    {
        Assert.True(new DicomTag(0x00090010).IsPrivateCreator);
        Assert.False(new DicomTag(0x00080010).IsPrivateCreator);
        Assert.True(new DicomTag(0x00091001).IsPrivateElement);
        Assert.Equal(new DicomTag(0x00090010), new DicomTag(0x00091001).CreatorTag);
        Assert.True(new DicomTag(0x7FE00008).IsPixelData && new DicomTag(0x7FE00009).IsPixelData && DicomTags.PixelData.IsPixelData);
        Assert.False(new DicomTag(0x7FE00001).IsPixelData);
        Assert.False(new DicomTag(0x00280010).IsPixelData);
        Assert.True(DicomTags.PatientID < DicomTags.StudyInstanceUID);
    }
}
