using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Remote;
using Xunit;

namespace Edge.Unit.Tests.Engine.Remote;

public sealed class RemoteQueryTests
{
    private static readonly ModalityOptions Modality = new() { Aet = "PACS", Host = "127.0.0.1", Port = 104 };

    [Fact]
    public void TheQueryUnusedForLongestGoes()
    {
        RemoteQueries queries = new(2);
        queries.Add(Query("a"));
        queries.Add(Query("b"));
        Assert.NotNull(queries.Find("a"));
        queries.Add(Query("c"));
        Assert.Equal(["a", "c"], queries.Ids());
        queries.Remove("a");
        queries.Remove("nothing");
        Assert.Equal(["c"], queries.Ids());
    }

    [Fact]
    public void RetrievalHoldsTheKeysDownToTheLevel()
    {
        DataSet answer = new();
        answer.SetString(DicomTags.PatientID, "P");
        answer.SetString(DicomTags.StudyInstanceUID, "1.2");
        answer.SetString(DicomTags.AccessionNumber, "A");
        answer.SetString(DicomTags.SeriesInstanceUID, "1.2.3");
        DataSet study = RemoteQuery.RetrievalOf(answer, ResourceLevel.Study);
        Assert.Equal(4, study.Count);
        Assert.Equal("STUDY", study.GetString(DicomTags.QueryRetrieveLevel));
        Assert.Equal("A", study.GetString(DicomTags.AccessionNumber));
        DataSet series = RemoteQuery.RetrievalOf(answer, ResourceLevel.Series);
        Assert.Equal("1.2.3", series.GetString(DicomTags.SeriesInstanceUID));
        Assert.False(series.Contains(DicomTags.AccessionNumber));
    }

    [Fact]
    public void NormalizationKeepsTheLevelsKeysAndAddsTheUniqueOnes()
    {
        DataSet query = new();
        query.SetString(DicomTags.Rows, "512");
        query.SetString(DicomTags.PatientName, "A*");
        query.SetString(new DicomTag(0x00201204), "");
        query.SetString(new DicomTag(0x00201206), "");
        DataSet normal = QueryNormalization.Normalize(query, ResourceLevel.Study, MainTags.Default, Modality);
        Assert.False(normal.Contains(DicomTags.Rows));
        Assert.False(normal.Contains(new DicomTag(0x00201204)));
        Assert.True(normal.Contains(new DicomTag(0x00201206)));
        Assert.Equal("A*", normal.GetString(DicomTags.PatientName));
        Assert.Equal("", normal.GetString(DicomTags.StudyInstanceUID));
        Assert.True(normal.Contains(DicomTags.AccessionNumber));
        Assert.Equal("*", QueryNormalization.Normalize(query, ResourceLevel.Study, MainTags.Default, Modality with { Manufacturer = ModalityManufacturer.GE }).GetString(DicomTags.StudyInstanceUID));
    }

    [Theory]
    [InlineData(ModalityManufacturer.Generic, "*", "*")]
    [InlineData(ModalityManufacturer.GenericNoWildcardInDates, "", "*")]
    [InlineData(ModalityManufacturer.GenericNoUniversalWildcard, "", "")]
    public void UniversalWildcardsAreAdapted(ModalityManufacturer manufacturer, string date, string name)
    {
        DataSet query = new();
        query.SetString(DicomTags.StudyDate, "*");
        query.SetString(DicomTags.PatientName, "*");
        QueryNormalization.Adapt(query, Modality with { Manufacturer = manufacturer });
        Assert.Equal(date, query.GetString(DicomTags.StudyDate));
        Assert.Equal(name, query.GetString(DicomTags.PatientName));
    }

    private static RemoteQuery Query(string id) => new(id, "pacs", Modality, null, ResourceLevel.Study, new DataSet(), []);
}
