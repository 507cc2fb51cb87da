using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Modification;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class TagPathTests
{
    [Theory]
    [InlineData("ReferencedImageSequence[0].ReferencedSOPInstanceUID", "a")]
    [InlineData("ReferencedImageSequence[1].0008-1155", "b")]
    [InlineData("0008,1140[*].00081155", "ab")]
    [InlineData("(0008,1140)[*].(0008,1155)", "ab")]
    [InlineData("(0008,1140)[1].ReferencedSOPInstanceUID", "b")]
    [InlineData("ReferencedImageSequence[7].ReferencedSOPInstanceUID", "")]
    [InlineData("ReferencedSeriesSequence[*].ReferencedSOPInstanceUID", "")]
    public void APathLeadsToItsItems(string path, string met)
    {
        DataSet top = new();
        top.SetItems(DicomTags.ReferencedImageSequence, [Item("a"), Item("b")]);
        string found = "";
        TagPath.Parse(path).Visit(top, creates: false, item => found += item.GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal(met, found);
    }

    [Theory]
    [InlineData("Nope", ErrorCode.UnknownDicomTag)]
    [InlineData("ReferencedImageSequence[0].Nope", ErrorCode.UnknownDicomTag)]
    [InlineData("ReferencedImageSequence.PatientID", ErrorCode.BadRequest)]
    [InlineData("ReferencedImageSequence[].PatientID", ErrorCode.BadRequest)]
    [InlineData("ReferencedImageSequence[-1].PatientID", ErrorCode.BadRequest)]
    [InlineData("ReferencedImageSequence[0", ErrorCode.UnknownDicomTag)]
    [InlineData("", ErrorCode.UnknownDicomTag)]
    [InlineData(".", ErrorCode.BadRequest)]
    [InlineData("()", ErrorCode.UnknownDicomTag)]
    [InlineData("(", ErrorCode.UnknownDicomTag)]
    [InlineData("(PatientID)", ErrorCode.UnknownDicomTag)]
    [InlineData("((0010,0020))", ErrorCode.UnknownDicomTag)]
    public void WhatIsNoPathIsRefused(string path, ErrorCode code) =>
        Assert.Equal(code, Assert.Throws<EdgeException>(() => TagPath.Parse(path)).Code);

    [Fact]
    public void APathIsBoundedInLength() =>
        Assert.Throws<EdgeException>(static () => TagPath.Parse(string.Join('.', Enumerable.Repeat("ReferencedImageSequence[0]", 5000)) + ".PatientID"));

    private static DataSet Item(string uid)
    {
        DataSet item = new();
        item.SetString(DicomTags.ReferencedSOPInstanceUID, uid, Vr.UI);
        return item;
    }
}
