using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Json;

public sealed class ContentPathTests
{
    private static Content? Find(DataSet dataSet, string path) => ContentPath.Find(dataSet, path.Length == 0 ? [] : path.Split('/'));

    [Fact]
    public void ListsTagsItemsAndBlocks()
    {
        DataSet dataSet = Samples.DataSet();
        Assert.Equal(dataSet.Select(e => e.Tag.ToDashString()), Find(dataSet, "")?.Listing);
        Assert.Equal(["0"], Find(dataSet, "ReferencedStudySequence")?.Listing);
        Assert.Equal(["0008-1140", "0008-1155"], Find(dataSet, "0008-1110/0")?.Listing);
        Assert.Equal(["0", "1"], Find(dataSet, "00081110/0/0008,1140")?.Listing);
        Assert.Equal([], Find(dataSet, "0008-1110/0/0008-1140/1")?.Listing);
        Assert.Equal(["0"], Find(dataSet, "7fe0-0010")?.Listing);
        DataSet encapsulated = DicomFile.Read(Samples.Encapsulated()).DataSet;
        Assert.Equal(["0", "1", "2"], Find(encapsulated, "7fe0-0010")?.Listing);
    }

    [Fact]
    public void GivesRawBytes()
    {
        DataSet dataSet = Samples.DataSet();
        Assert.Equal("1.9\0"u8.ToArray(), Find(dataSet, "0008-1110/0/0008-1155")?.Bytes.ToArray());
        Assert.Equal([4, 0], Find(dataSet, "Rows")?.Bytes.ToArray());
        Assert.Equal(32, Find(dataSet, "7fe0-0010/0")?.Bytes.Length);
        Assert.Equal([4, 0], Find(DicomFile.Read(Samples.File(TransferSyntax.ExplicitVrBigEndian)).DataSet, "Rows")?.Bytes.ToArray());
        DataSet encapsulated = DicomFile.Read(Samples.Encapsulated()).DataSet;
        Assert.Equal(0, Find(encapsulated, "7fe0-0010/0")?.Bytes.Length);
        Assert.Equal([3, 4, 0xFF, 0xD9], Find(encapsulated, "7fe0-0010/2")?.Bytes.ToArray());
    }

    [Theory]
    [InlineData("ABC ", "ABC ")]
    [InlineData("AB  ", "AB")]
    [InlineData("", "")]
    public void TextIsPaddedAnew(string stored, string given)
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTags.PatientID, stored);
        Assert.Equal(given, System.Text.Encoding.ASCII.GetString(Find(dataSet, "0010-0020")!.Bytes.Span));
    }

    [Theory]
    [InlineData("0010-4000")]
    [InlineData("0008-1110/1")]
    [InlineData("0008-1110/x")]
    [InlineData("0008-1110/-1")]
    [InlineData("0010-0020/0")]
    [InlineData("0010-0020/0/0010-0020")]
    [InlineData("7fe0-0010/1")]
    [InlineData("0002-0010")]
    public void WhatIsNotThereIsNull(string path) => Assert.Null(Find(Samples.DataSet(), path));

    [Fact]
    public void AnUnknownNameIsAnError() =>
        Assert.Equal(ErrorCode.UnknownDicomTag, Assert.Throws<EdgeException>(() => Find(Samples.DataSet(), "Nonsense")).Code);
}
