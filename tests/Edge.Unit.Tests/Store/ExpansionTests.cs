using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Sqlite;
using Xunit;

namespace Edge.Unit.Tests.Store;

/// <summary>Many resources at a time, and their order.</summary>
public sealed class ExpansionTests : IAsyncDisposable
{
    private const uint PatientName = 0x00100010;
    private readonly StoreFixture _store = new();

    [Fact]
    public async Task StudiesAreOrderedByTheNameTheyAreFoundBy()
    {
        // One PatientID, three spellings: each study keeps the one that it came with, and that one is searched, shown and sorted.
        foreach ((int study, string name) in new[] { (1, "Middle"), (2, "Zulu"), (3, "Alpha") })
        {
            await _store.Add(1, study, 1, 1, record => record with { Patient = new LevelRecord(StoreFixture.PatientOf(1), [new(PatientName, name), new(0x00100020, "P1")], []) });
        }

        FindRequest found = new() { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Patient, PatientName, MatchKind.Equal, ["Zulu"], false)] };
        Assert.Equal(StoreFixture.StudyOf(1, 2), Assert.Single(await _store.Read(r => r.FindResources(found))).PublicId);
        foreach (ResourceLevel level in new[] { ResourceLevel.Study, ResourceLevel.Series, ResourceLevel.Instance })
        {
            FindRequest ordered = new() { Level = level, OrderBy = [new(PatientName, null, ResourceLevel.Patient, Descending: false)] };
            List<FoundResource> order = await _store.Read(r => r.FindResources(ordered));
            Assert.Equal([3, 1, 2], order.ConvertAll(one => new[] { 1, 2, 3 }.Single(study => one.PublicId == Of(level, study))));
        }
    }

    [Fact]
    public async Task LabelsOfManyAreReadTogetherOrOneByOne()
    {
        for (int study = 1; study <= 5; study++)
        {
            await _store.Add(1, study, 1, 1);
        }

        await _store.Index.AddLabelAsync(StoreFixture.StudyOf(1, 2), ResourceLevel.Study, "b");
        await _store.Index.AddLabelAsync(StoreFixture.StudyOf(1, 2), ResourceLevel.Study, "a");
        Assert.Equal(["", "a,b", "", "", ""], await LabelsAsync([1, 2, 3, 4, 5]));

        // What lies between the first and the last has more labels than are worth reading.
        for (int i = 0; i < 20; i++)
        {
            await _store.Index.AddLabelAsync(StoreFixture.SeriesOf(1, 3, 1), ResourceLevel.Series, $"l{i}");
        }

        Assert.Equal(["a,b", ""], await LabelsAsync([2, 5]));
        Assert.Equal(["", "a,b"], await LabelsAsync([5, 2]));
    }

    [Fact]
    public async Task StatementsOfExpansionUseTheirIndexes()
    {
        string Plan(string sql) => _store.Read(r => ((SqliteReader)r).Explain(sql)).Result;
        Assert.Contains("SEARCH labels USING PRIMARY KEY (resource>? AND resource<?)", Plan("SELECT resource,label FROM labels WHERE resource BETWEEN ?1 AND ?2 ORDER BY resource,label"));
        Assert.DoesNotContain("TEMP B-TREE", Plan("SELECT resource,label FROM labels WHERE resource BETWEEN ?1 AND ?2 ORDER BY resource,label"));
        Assert.Contains("USING INTEGER PRIMARY KEY", Plan("SELECT public_id FROM resources WHERE id=?1"));
        Assert.Contains("SEARCH a USING PRIMARY KEY (resource=?)", Plan($"SELECT {RowReader.AttachmentColumns} FROM attachments a WHERE a.resource=?1 ORDER BY a.type"));
        Assert.DoesNotContain("TEMP B-TREE", Plan($"SELECT {RowReader.Columns} FROM resources r WHERE r.level=?1 AND r.id>?2 ORDER BY r.id LIMIT ?3"));
        Assert.Contains("resources_level (level=? AND id>?)", Plan($"SELECT {RowReader.Columns} FROM resources r WHERE r.level=?1 AND r.id>?2 ORDER BY r.id LIMIT ?3"));
        string list = Plan("SELECT public_id FROM resources WHERE level=?1 ORDER BY id LIMIT ?2 OFFSET ?3");
        Assert.Contains("USING COVERING INDEX resources_level", list); // the wide rows are not touched
        Assert.DoesNotContain("TEMP B-TREE", list);
        await Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static string Of(ResourceLevel level, int study) => level switch
    {
        ResourceLevel.Study => StoreFixture.StudyOf(1, study),
        ResourceLevel.Series => StoreFixture.SeriesOf(1, study, 1),
        _ => StoreFixture.InstanceOf(1, study, 1, 1),
    };

    private async Task<string[]> LabelsAsync(int[] studies)
    {
        List<ExpandedResource> expanded = await _store.Read(r => r.Expand(ResourceLevel.Study, Array.ConvertAll(studies, study => StoreFixture.StudyOf(1, study)), ExpandParts.Labels));
        return [.. expanded.Select(static one => string.Join(',', one.Labels!))];
    }
}
