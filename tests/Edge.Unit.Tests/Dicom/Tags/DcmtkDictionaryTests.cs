using Edge.Core.Errors;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Tags;

/// <summary>Data dictionaries in DCMTK's format.</summary>
public sealed class DcmtkDictionaryTests
{
    [Fact]
    public void EveryFormOfALineIsRead()
    {
        List<DictionaryEntry> read = DcmtkDictionary.Read(
        [
            "# a comment", "", "(0010,0010)\tPN\tComponentName\t1\tDICONDE10",
            "(0009,\"astm.org/diconde/iod/ComponentStudy\",20)\tDA\tExpiryDate\t1\tDICONDE10",
            "(0019,\"A, B\",1020)\txs\tFixed\t1-n\tX", "(6000-6004,0010)\tUS\tOverlayRows\t1\tX", "(0021-o-0025,0001)\tna\tOdd\t1\tX", "(0020,3100-u-3102)\tCS\tAll", " (0028,1201)\tlt\tRETIRED_Table",
        ]);
        Assert.Equal(
            ["(0010,0010)", "(0009,1020)", "(0019,1020)", "(6000,0010)", "(6002,0010)", "(6004,0010)", "(0021,0001)", "(0023,0001)", "(0025,0001)", "(0020,3100)", "(0020,3101)", "(0020,3102)", "(0028,1201)"],
            read.Select(static entry => $"({entry.Tag.Group:x4},{entry.Tag.Element:x4})"));
        Assert.Equal(("ComponentName", Vr.PN, "1", null), (read[0].Keyword, read[0].Vr, read[0].Multiplicity, read[0].PrivateCreator));
        Assert.Equal("astm.org/diconde/iod/ComponentStudy", read[1].PrivateCreator);
        Assert.Equal(("A, B", Vr.US, VrChoice.UsOrSs, "1-n"), (read[2].PrivateCreator, read[2].Vr, read[2].Choice, read[2].Multiplicity));
        Assert.True(read[^1].IsRetired);
    }

    [Theory]
    [InlineData("0010,0010 PN Name")]
    [InlineData("(0010)\tPN\tName")]
    [InlineData("(001g,0010)\tPN\tName")]
    [InlineData("(0010,00100)\tPN\tName")]
    [InlineData("(0010,0010)\tPN")]
    [InlineData("(0010,0010)\tQQ\tName")]
    [InlineData("(0000-u-ffff,0000-u-ffff)\tPN\tName")]
    [InlineData("(0020-0010,0000)\tPN\tName")]
    [InlineData("(0009,\"open,20)\tPN\tName")]
    [InlineData("\u007fELF")]
    public void AnythingElseIsRefusedWithItsLine(string line)
    {
        EdgeException refused = Assert.Throws<EdgeException>(() => DcmtkDictionary.Read(["# first", line]));
        Assert.Equal(ErrorCode.BadFileFormat, refused.Code);
        Assert.Contains("line 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDictionariesOfDcmtkAreRead()
    {
        string[] files = Directory.Exists("/usr/share") ? [.. Directory.GetDirectories("/usr/share", "libdcmtk*").SelectMany(static folder => Directory.GetFiles(folder, "*.dic"))] : [];
        foreach (string file in files)
        {
            Assert.NotEmpty(DcmtkDictionary.Read(File.ReadLines(file)));
        }
    }
}
