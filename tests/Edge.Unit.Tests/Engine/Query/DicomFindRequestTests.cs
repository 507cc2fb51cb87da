using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Query;
using Edge.Store.Index;
using Xunit;

namespace Edge.Unit.Tests.Engine.Query;

public sealed class DicomFindRequestTests
{
    [Theory]
    [InlineData("PATIENT", ResourceLevel.Patient)]
    [InlineData("studies", ResourceLevel.Study)]
    [InlineData("Series ", ResourceLevel.Series)]
    [InlineData("IMAGE", ResourceLevel.Instance)]
    [InlineData("instances", ResourceLevel.Instance)]
    public void LevelsAreReadInAnyCase(string text, ResourceLevel level) => Assert.Equal(level, Read(text).Level);

    [Theory]
    [InlineData("")]
    [InlineData("FRAME")]
    public void UnknownLevelsAreRefused(string text) => Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<EdgeException>(() => Read(text)).Code);

    [Fact]
    public void NamesAloneAreComparedWithoutCase()
    {
        DicomFindRequest request = Read("STUDY", (DicomTags.PatientName, "a*"), (DicomTags.PatientID, "B"));
        IReadOnlyList<TagConstraint> tags = request.Query.ToRequest().Tags;
        Assert.Equal(2, tags.Count);
        Assert.False(tags.Single(one => one.Tag == DicomTags.PatientName.Value).CaseSensitive);
        Assert.True(tags.Single(one => one.Tag == DicomTags.PatientID.Value).CaseSensitive);
    }

    [Fact]
    public void CountersEmptyKeysAndSequencesAreNoConditions()
    {
        DataSet identifier = Identifier("STUDY", (new DicomTag(0x00201206), "7"), (DicomTags.StudyDescription, ""), (DicomTags.TimezoneOffsetFromUTC, "+0100"));
        identifier.SetItems(DicomTags.ReferencedStudySequence, [new DataSet()]);
        DicomFindRequest request = DicomFindRequest.Read(identifier, MainTags.Default, new IndexingOptions(), ignoresVitrea: false, limit: 0);
        Assert.Empty(request.Query.ToRequest().Tags);
        Assert.Empty(request.Query.InFiles);
        Assert.Equal(4, request.Keys.Count);
    }

    [Fact]
    public void WildcardsInDatesAreRefused() =>
        Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<EdgeException>(() => Read("STUDY", (DicomTags.StudyDate, "2026*"))).Code);

    [Fact]
    public void TagsThatTheIndexLacksAreLookedForInFiles() => Assert.Single(Read("SERIES", (DicomTags.Rows, "512")).Query.InFiles);

    [Theory]
    [InlineData("STUDY", true)]
    [InlineData("SERIES", false)]
    [InlineData("IMAGE", false)]
    public void NothingMeetsAConditionOnWhatOnlyChildrenHave(string level, bool isImpossible)
    {
        FindQuery query = Read(level, (DicomTags.Modality, "CT")).Query;
        Assert.Equal(isImpossible, query.IsImpossible);
        Assert.Empty(query.InFiles);
    }

    private static DicomFindRequest Read(string level, params (DicomTag Tag, string Value)[] keys) =>
        DicomFindRequest.Read(Identifier(level, keys), MainTags.Default, new IndexingOptions(), ignoresVitrea: false, limit: 0);

    private static DataSet Identifier(string level, params (DicomTag Tag, string Value)[] keys)
    {
        DataSet identifier = new();
        identifier.SetString(DicomTags.QueryRetrieveLevel, level);
        foreach ((DicomTag tag, string value) in keys)
        {
            identifier.SetString(tag, value);
        }

        return identifier;
    }
}
