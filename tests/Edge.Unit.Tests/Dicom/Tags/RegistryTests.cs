using Edge.CodeGen.Dicom;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Tags;

public sealed class RegistryTests
{
    [Fact]
    public void TransferSyntaxesAreFoundByUid()
    {
        foreach (TransferSyntax syntax in TransferSyntax.All)
        {
            Assert.Same(syntax, TransferSyntax.Find(syntax.Uid));
            Assert.Same(syntax, TransferSyntax.Find(syntax.Uid + "\0"));
            Assert.Same(syntax, TransferSyntax.Find(System.Text.Encoding.ASCII.GetBytes(syntax.Uid + "\0")));
        }

        Assert.Null(TransferSyntax.Find("1.2.3"));
        Assert.Null(TransferSyntax.Find((string?)null));
        TransferSyntax unknown = TransferSyntax.FindOrUnknown("1.2.3");
        Assert.True(unknown is { IsKnown: false, IsExplicitVr: true, IsEncapsulated: true, IsBigEndian: false });
        Assert.Equal(unknown, TransferSyntax.FindOrUnknown("1.2.3"));
    }

    [Fact]
    public void TraitsAreThoseOfTheStandard()
    {
        Assert.True(TransferSyntax.ImplicitVrLittleEndian is { IsExplicitVr: false, IsEncapsulated: false });
        Assert.True(TransferSyntax.ExplicitVrBigEndian is { IsExplicitVr: true, IsBigEndian: true, IsRetired: true });
        Assert.True(TransferSyntax.DeflatedExplicitVrLittleEndian is { IsDeflated: true, IsNative: true });
        Assert.True(TransferSyntax.JpegBaseline is { IsEncapsulated: true, IsLossy: true });
        Assert.True(TransferSyntax.JpegLossless is { IsEncapsulated: true, IsLossy: false });
        Assert.True(TransferSyntax.HevcMain is { IsVideo: true });
        Assert.Equal("1.2.840.10008.1.2.4.70", TransferSyntax.JpegLossless.Uid);
    }

    [Fact]
    public void EveryRegisteredTransferSyntaxIsKnown()
    {
        foreach (RegisteredUid uid in UidRegistry.All.Where(u => u.Type == "Transfer Syntax"))
        {
            Assert.NotNull(TransferSyntax.Find(uid.Uid));
        }
    }

    [Theory]
    [InlineData("1.2.840.10008.1.1", SopClassKind.Verification)]
    [InlineData("1.2.840.10008.5.1.4.1.1.2", SopClassKind.Storage)]
    [InlineData("1.2.840.10008.5.1.4.1.1.66.4", SopClassKind.Storage)]
    [InlineData("1.2.840.10008.5.1.4.1.1.2\0", SopClassKind.Storage)]
    [InlineData("1.2.840.10008.5.1.4.1.2.2.1", SopClassKind.Find)]
    [InlineData("1.2.840.10008.5.1.4.1.2.2.2", SopClassKind.Move)]
    [InlineData("1.2.840.10008.5.1.4.1.2.2.3", SopClassKind.Get)]
    [InlineData("1.2.840.10008.5.1.4.31", SopClassKind.Worklist)]
    [InlineData("1.2.840.10008.1.20.1", SopClassKind.StorageCommitment)]
    [InlineData("1.2.840.10008.1.3.10", SopClassKind.MediaDirectory)]
    [InlineData("1.2.840.10008.1.2", SopClassKind.Other)]
    public void SopClassesHaveAKind(string uid, SopClassKind kind) => Assert.Equal(kind, UidRegistry.Find(uid)?.Kind);

    [Fact]
    public void TheRegistryIsWhole()
    {
        Assert.True(UidRegistry.All.Count >= 460);
        Assert.InRange(UidRegistry.StorageClasses.Count(), 170, 260);
        Assert.Null(UidRegistry.Find("1.2.3"));
        Assert.Equal("CTImageStorage", UidRegistry.Find(UidRegistry.CtImageStorage)?.Keyword);
    }

    // The checked-in tables are what the generator writes from the data.
    [Fact]
    public void TablesAreFresh()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Edge.sln")))
        {
            root = Path.GetDirectoryName(root);
        }

        Assert.NotNull(root);
        foreach ((string path, string text) in DicomTables.Generate(root))
        {
            Assert.True(text == File.ReadAllText(Path.Combine(root, path)), $"{path} is stale: ./build.sh generate dicom-tables");
        }
    }
}
