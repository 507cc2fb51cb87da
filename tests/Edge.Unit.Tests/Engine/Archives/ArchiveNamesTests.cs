using Edge.Engine.Archives;
using Xunit;

namespace Edge.Unit.Tests.Engine.Archives;

/// <summary>The expectations of Orthanc's own test suite for 1.12.11, and what keeps names from leaving their folder.</summary>
public sealed class ArchiveNamesTests
{
    [Theory]
    [InlineData(false, "5Yp0E", "BRAINIX", "5Yp0E BRAINIX")]
    [InlineData(false, "0", "IRM cérébrale, neuro-crâne", "0 IRM crbrale, neuro-crne")]
    [InlineData(true, "0", "IRM cérébrale, neuro-crâne", "0 IRM cérébrale, neuro-crâne")]
    [InlineData(false, "MR", "sT2W/FLAIR", "MR sT2W FLAIR")]
    [InlineData(false, null, "HELLO^SERIES", "HELLO^SERIES")]
    [InlineData(false, " a\t b ", "  c", "a b c")]
    [InlineData(false, null, null, "Unknown")]
    [InlineData(false, "^", "", "Unknown")]
    [InlineData(false, "..", "", "Unknown")]
    [InlineData(false, "../../etc", "a\\b:c*d?\"e<f>g|h", ".. .. etc a b c d e f g h")]
    [InlineData(false, "中", "", "Unknown")]
    [InlineData(true, "中\u0000", "\ud800", "中")]
    public void FoldersAreCleaned(bool utf8, string? first, string? second, string expected) => Assert.Equal(expected, ArchiveNames.Folder("Unknown", utf8, first, second));

    [Theory]
    [InlineData("MR", 1, "MR000001.dcm")]
    [InlineData("ct", 0, "CT000000.dcm")]
    [InlineData("MRX", 12, "MR000012.dcm")]
    [InlineData("X", 12, "X0000012.dcm")]
    [InlineData("", 0, "00000000.dcm")]
    [InlineData(null, 123456789, "123456789.dcm")]
    [InlineData("../", 1, "00000001.dcm")]
    public void FilesHaveEightCharacters(string? modality, int number, string expected) => Assert.Equal(expected, ArchiveNames.File(modality, number));

    [Theory]
    [InlineData("3", "3")]
    [InlineData(" 12 ,3", "12,3")]
    [InlineData("", "0")]
    [InlineData("5,", "0,1")]
    [InlineData("4,04", "0,1")]
    [InlineData("7,-1", "0,1")]
    [InlineData("7,99999999999", "0,1")]
    [InlineData("1.5", "0")]
    public void FilesBearTheInstanceNumbersWhereTheyTellThemApart(string instanceNumbers, string expected) =>
        Assert.Equal(expected, string.Join(',', ArchiveNames.Numbers(instanceNumbers.Split(','))));

    [Fact]
    public void NamesInOneFolderDiffer()
    {
        Dictionary<string, int> taken = new(StringComparer.OrdinalIgnoreCase);
        Assert.Equal(["a", "b", "A-2", "a-3"], new[] { "a", "b", "A", "a" }.Select(name => ArchiveNames.Unique(taken, name)));
    }
}
