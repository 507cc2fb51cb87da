using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine.Modification;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class ModificationParserTests
{
    [Theory]
    [InlineData("[]", ErrorCode.BadFileFormat)]
    [InlineData("\"x\"", ErrorCode.BadFileFormat)]
    [InlineData("{\"Replace\":[]}", ErrorCode.BadRequest)]
    [InlineData("{\"Remove\":{}}", ErrorCode.BadRequest)]
    [InlineData("{\"Remove\":[1]}", ErrorCode.BadRequest)]
    [InlineData("{\"Keep\":\"StudyInstanceUID\"}", ErrorCode.BadRequest)]
    [InlineData("{\"Force\":1}", ErrorCode.BadFileFormat)]
    [InlineData("{\"KeepSource\":\"no\"}", ErrorCode.BadFileFormat)]
    [InlineData("{\"RemovePrivateTags\":0}", ErrorCode.BadFileFormat)]
    [InlineData("{\"Transcode\":\"1.2.3\"}", ErrorCode.BadFileFormat)]
    [InlineData("{\"LossyQuality\":0}", ErrorCode.BadFileFormat)]
    [InlineData("{\"Replace\":{\"PatientName\":5}}", ErrorCode.BadParameterType)]
    [InlineData("{\"Replace\":{\"ReferencedStudySequence\":[\"x\"]}}", ErrorCode.BadParameterType)]
    [InlineData("{\"Replace\":{\"Nope\":\"x\"}}", ErrorCode.UnknownDicomTag)]
    [InlineData("{\"Replace\":{\"ReferencedStudySequence\":[{\"Nope\":\"x\"}]}}", ErrorCode.UnknownDicomTag)]
    [InlineData("{\"Replace\":{\"PatientID\":\"x\"}}", ErrorCode.BadRequest)]
    [InlineData("{\"Replace\":{\"StudyInstanceUID\":\"1.2\"}}", ErrorCode.BadRequest)]
    [InlineData("{\"Keep\":[\"SOPInstanceUID\"]}", ErrorCode.BadRequest)]
    [InlineData("{\"Remove\":[\"PatientID\"],\"Force\":true}", ErrorCode.BadRequest)]
    [InlineData("{\"Remove\":[\"SOPInstanceUID\"],\"Force\":true}", ErrorCode.BadRequest)]
    [InlineData("{\"Keep\":[\"StudyInstanceUID\"],\"Replace\":{\"StudyInstanceUID\":\"1.2\"},\"Force\":true}", ErrorCode.BadRequest)]
    [InlineData("{\"Replace\":{\"StudyInstanceUID\":\"\"},\"Force\":true}", ErrorCode.BadRequest)]
    [InlineData("{\"Replace\":{\"StudyInstanceUID\":[]},\"Force\":true}", ErrorCode.BadRequest)]
    public void AContradictoryRequestIsRefused(string body, ErrorCode code) =>
        Assert.Equal(code, Assert.Throws<EdgeException>(() => ParseModify(body, ResourceLevel.Study)).Code);

    [Fact]
    public void APatientNeedsANewIdOrForce()
    {
        Assert.Throws<EdgeException>(static () => ParseModify("{}", ResourceLevel.Patient));
        Assert.True(ParseModify("{\"Force\":true}", ResourceLevel.Patient).Force);
        Assert.Equal(ResourceLevel.Patient, ParseModify("{\"Force\":true,\"Replace\":{\"PatientID\":\"x\"}}", ResourceLevel.Patient).Level);
    }

    [Theory]
    [InlineData("{}", ResourceLevel.Instance)]
    [InlineData("{\"Level\":\"Study\"}", ResourceLevel.Study)]
    [InlineData("{\"Replace\":{\"PatientID\":\"x\"},\"Force\":true}", ResourceLevel.Patient)]
    [InlineData("{\"Replace\":{\"StudyInstanceUID\":\"1.2\"},\"Force\":true}", ResourceLevel.Study)]
    [InlineData("{\"Replace\":{\"SeriesInstanceUID\":\"1.2\"},\"Force\":true}", ResourceLevel.Series)]
    public void ABulkRequestHasTheLevelThatItNamesOrImplies(string body, ResourceLevel level) =>
        Assert.Equal(level, ParseModify(body, null).Level);

    [Theory]
    [InlineData("{\"DicomVersion\":\"nope\"}", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"DicomVersion\":2023}", ErrorCode.BadFileFormat)]
    [InlineData("{\"Keep\":[\"PatientID\"]}", ErrorCode.BadRequest)]
    [InlineData("{\"ProfileOptions\":[\"RetainUIDs\"]}", ErrorCode.BadRequest)]
    [InlineData("{\"DicomVersion\":\"2024e\",\"ProfileOptions\":[\"CleanDescriptors\"]}", ErrorCode.ParameterOutOfRange)]
    public void AnAnonymizationIsCheckedToo(string body, ErrorCode code)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        Assert.Equal(code, Assert.Throws<EdgeException>(() => ModificationParser.ParseAnonymize(document.RootElement)).Code);
    }

    private static ModificationRequest ParseModify(string body, ResourceLevel? level)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return ModificationParser.ParseModify(document.RootElement, level);
    }
}
