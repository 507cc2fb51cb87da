using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.TestKit;
using Xunit;

namespace Edge.Unit.Tests.Engine.Query;

public sealed class WorklistTests
{
    private static readonly DicomTag Steps = new(0x00400100);
    private static readonly DicomTag Station = new(0x00400001);
    private static readonly DicomTag StartDate = new(0x00400002);

    [Theory]
    [InlineData("DOE*", "20260105", true)]
    [InlineData("doe^j?hn", "20260101-20260131", true)]
    [InlineData("ROE*", "20260105", false)]
    [InlineData("DOE*", "20260201-", false)]
    [InlineData("", "", true)]
    public void KeysOfSequencesCountToo(string name, string date, bool expected) =>
        Assert.Equal(expected, WorklistMatching.Matches(Item("CT1"), Query(name, date), caseSensitiveNames: false));

    [Fact]
    public void AnswersHoldTheKeysAskedForAlone()
    {
        DataSet answer = WorklistMatching.Answer(Item("CT1"), Query("", ""));
        Assert.Equal("DOE^JOHN", answer.GetString(DicomTags.PatientName));
        Assert.False(answer.Contains(DicomTags.PatientID));
        DataSet step = Assert.Single(answer.GetItems(Steps));
        Assert.Equal("20260105", step.GetString(StartDate));
        Assert.False(step.Contains(Station));
    }

    [Fact]
    public async Task TheFolderIsReadFilteredAndCut()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 3; i++)
        {
            await System.IO.File.WriteAllBytesAsync(folder.Combine($"{i}.wl"), File(i == 2 ? "MR1" : "CT1"), TestContext.Current.CancellationToken);
        }

        await System.IO.File.WriteAllTextAsync(folder.Combine("bad.wl"), "no DICOM", TestContext.Current.CancellationToken);
        Assert.Equal(3, (await FindAsync(new WorklistOptions { Database = folder.Path })).Count);
        Assert.Equal(2, (await FindAsync(new WorklistOptions { Database = folder.Path, FilterIssuerAet = true })).Count);
        List<WorklistAnswer> cut = await FindAsync(new WorklistOptions { Database = folder.Path, LimitAnswers = 1 });
        Assert.Equal(2, cut.Count);
        Assert.Null(cut[1].DataSet);
        await Assert.ThrowsAsync<EdgeException>(() => FindAsync(new WorklistOptions { Database = folder.Combine("missing") }));

        static byte[] File(string station)
        {
            DicomFile file = new(null, Item(station), TransferSyntax.ExplicitVrLittleEndian);
            FileMetaInformation.Ensure(file);
            return file.ToArray();
        }
    }

    private static async Task<List<WorklistAnswer>> FindAsync(WorklistOptions options)
    {
        List<WorklistAnswer> answers = [];
        WorklistFolder folder = new(options, new IndexingOptions(), new RuntimeSettings(new EdgeOptions()));
        await foreach (WorklistAnswer answer in folder.FindAsync(Query("", ""), "CT1", TestContext.Current.CancellationToken))
        {
            answers.Add(answer);
        }

        return answers;
    }

    private static DataSet Item(string station)
    {
        DataSet step = new();
        step.SetString(Station, station);
        step.SetString(StartDate, "20260105");
        DataSet item = new();
        item.SetString(DicomTags.PatientName, "DOE^JOHN");
        item.SetString(DicomTags.PatientID, "1");
        item.SetItems(Steps, [step]);
        return item;
    }

    private static DataSet Query(string name, string date)
    {
        DataSet step = new();
        step.SetString(StartDate, date);
        DataSet query = new();
        query.SetString(DicomTags.PatientName, name);
        query.SetItems(Steps, [step]);
        return query;
    }
}
