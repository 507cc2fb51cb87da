using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Sqlite;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class FindTests(FindTests.Studies studies) : IClassFixture<FindTests.Studies>
{
    private const uint PatientName = 0x00100010, Accession = 0x00080050, Description = 0x00081030, StudyDate = 0x00080020, Modality = 0x00080060, Modalities = 0x00080061, Protocol = 0x00181030;
    private readonly StoreFixture _store = studies.Store;

    [Theory]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Equal, "a2-1", false, 1)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Equal, "a2-1", true, 0)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.List, "A2-1|A3-1|A99-1", false, 2)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Wildcard, "A1-*", false, 3)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Wildcard, "A1?-1", false, 3)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Wildcard, "*-1", false, 12)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Wildcard, "*", false, 36)]
    [InlineData(ResourceLevel.Study, Accession, MatchKind.Wildcard, "A1", false, 0)]
    [InlineData(ResourceLevel.Study, Description, MatchKind.Wildcard, "*CÉRÉBRALE 1", false, 12)]
    [InlineData(ResourceLevel.Study, Description, MatchKind.Wildcard, "irm*", true, 0)]
    [InlineData(ResourceLevel.Study, Description, MatchKind.Wildcard, "irm c?r*", false, 0)] // facts: ? does not stand for an accent in an identifier
    [InlineData(ResourceLevel.Study, StudyDate, MatchKind.Range, "20240301|20240305", false, 4)]
    [InlineData(ResourceLevel.Study, StudyDate, MatchKind.Range, "|20240205", false, 4)]
    [InlineData(ResourceLevel.Study, StudyDate, MatchKind.Range, "20240412|", false, 2)]
    [InlineData(ResourceLevel.Study, Modalities, MatchKind.Equal, "MR", false, 13)]
    [InlineData(ResourceLevel.Study, Modalities, MatchKind.List, "MR|CT", false, 36)]
    [InlineData(ResourceLevel.Patient, PatientName, MatchKind.Wildcard, "müller*", false, 36)]
    [InlineData(ResourceLevel.Patient, PatientName, MatchKind.Wildcard, "mUller*", false, 0)]
    [InlineData(ResourceLevel.Patient, PatientName, MatchKind.Wildcard, "*00007", false, 3)]
    [InlineData(ResourceLevel.Patient, PatientName, MatchKind.Equal, "MÜLLER^JO 00003", false, 3)]
    [InlineData(ResourceLevel.Series, Modality, MatchKind.Equal, "CT", false, 0)] // below the level asked for
    [InlineData(ResourceLevel.Study, 0x00080061u, MatchKind.Wildcard, "C?", false, 24)]
    public async Task StudiesByOneTag(ResourceLevel level, uint tag, MatchKind kind, string values, bool caseSensitive, int expected)
    {
        FindRequest request = new() { Level = ResourceLevel.Study, Tags = [new TagConstraint(level, tag, kind, values.Split('|'), caseSensitive)] };
        List<FoundResource> found = await _store.Read(r => r.FindResources(request));
        Assert.Equal(expected, found.Count);
        Assert.Equal(found.OrderBy(f => f.Id), found);
        Assert.Equal(expected, await _store.Read(r => r.CountResources(request)));
    }

    [Fact]
    public async Task ConditionsOfSeveralLevelsAreCombined()
    {
        FindRequest request = new()
        {
            Level = ResourceLevel.Instance,
            Tags = [new(ResourceLevel.Patient, PatientName, MatchKind.Wildcard, ["*0000?"], false), new(ResourceLevel.Study, Accession, MatchKind.Wildcard, ["*-2"], false), new(ResourceLevel.Series, Modality, MatchKind.Equal, ["MR"], true)],
        };
        Assert.Equal(9, (await _store.Read(r => r.FindResources(request))).Count);
        Assert.Equal(StoreFixture.InstanceOf(4, 2, 2, 1), Assert.Single(await _store.Read(r => r.FindResources(request with { Since = 3, Limit = 1 }))).PublicId);
        Assert.Single(await _store.Read(r => r.FindResources(request with { ParentStudy = StoreFixture.StudyOf(5, 2) })));
        Assert.Empty(await _store.Read(r => r.FindResources(request with { ParentStudy = StoreFixture.StudyOf(5, 1) })));
        Assert.Empty(await _store.Read(r => r.FindResources(request with { ParentStudy = "unknown" })));
        Assert.Equal(3, (await _store.Read(r => r.FindResources(new FindRequest { Level = ResourceLevel.Series, ParentPatient = StoreFixture.PatientOf(5) }))).Count);
    }

    [Theory]
    [InlineData("x,y", LabelsConstraint.All, 1)]
    [InlineData("x,y", LabelsConstraint.Any, 2)]
    [InlineData("x,y", LabelsConstraint.None, 34)]
    [InlineData("", LabelsConstraint.None, 34)]
    [InlineData("", LabelsConstraint.Any, 36)]
    public async Task Labels(string labels, LabelsConstraint constraint, int expected) => Assert.Equal(expected, (await _store.Read(r => r.FindResources(new FindRequest
    {
        Level = ResourceLevel.Study, Labels = labels.Split(',', StringSplitOptions.RemoveEmptyEntries), LabelsConstraint = constraint, LabelsAsked = true,
    }))).Count);

    [Fact]
    public async Task MetadataAndOrder()
    {
        FindRequest request = new() { Level = ResourceLevel.Study, Metadata = [new(1024, MatchKind.Wildcard, ["hel*"], false)] };
        Assert.Equal(StoreFixture.StudyOf(4, 2), Assert.Single(await _store.Read(r => r.FindResources(request))).PublicId);
        Assert.Empty(await _store.Read(r => r.FindResources(request with { Metadata = [new(1024, MatchKind.Equal, ["hello"], true)] })));
        FindRequest ordered = new() { Level = ResourceLevel.Study, OrderBy = [new(null, 1024, ResourceLevel.Study, Descending: true), new(PatientName, null, ResourceLevel.Patient, Descending: true), new(Accession, null, ResourceLevel.Study, Descending: false)], Limit = 3 };
        Assert.Equal([StoreFixture.StudyOf(4, 2), StoreFixture.StudyOf(12, 1), StoreFixture.StudyOf(12, 2)], (await _store.Read(r => r.FindResources(ordered))).Select(f => f.PublicId));
        Assert.Equal([StoreFixture.StudyOf(12, 2)], (await _store.Read(r => r.FindResources(ordered with { Since = 2, Limit = 1 }))).Select(f => f.PublicId));
    }

    [Fact]
    public async Task ManyAreExpandedAtOnce()
    {
        ExpandParts all = (ExpandParts)1023;
        ExpandedResource study = Assert.Single(await _store.Read(r => r.Expand(ResourceLevel.Study, [StoreFixture.StudyOf(1, 1), "unknown", StoreFixture.PatientOf(1)], all)));
        Assert.Equal(StoreFixture.PatientOf(1), study.ParentPublicId);
        Assert.Equal([StoreFixture.SeriesOf(1, 1, 1), StoreFixture.SeriesOf(1, 1, 2)], study.Children);
        Assert.Equal(["CT", "MR"], study.Modalities);
        Assert.Equal(["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"], study.SopClasses);
        Assert.Equal(new ResourceCounts(0, 1, 2, 2), study.Counts);
        Assert.Equal("P1", study.Ancestors![0].Tags.Get(0x00100020));
        ExpandedResource series = Assert.Single(await _store.Read(r => r.Expand(ResourceLevel.Series, [StoreFixture.SeriesOf(1, 1, 1)], all)));
        Assert.Equal(["1"], series.InstanceIndexes);
        ExpandedResource instance = Assert.Single(await _store.Read(r => r.Expand(ResourceLevel.Instance, [StoreFixture.InstanceOf(1, 1, 1, 1)], all)));
        Assert.Equal(100, Assert.Single(instance.Attachments!).File.PlainSize);
        Assert.Equal(3, instance.Ancestors!.Count);
        Assert.Equal([StoreFixture.InstanceOf(1, 1, 1, 1), StoreFixture.InstanceOf(1, 1, 2, 1)], (await _store.Read(r => r.Descendants(r.Find(StoreFixture.StudyOf(1, 1))!.Id, ResourceLevel.Instance))).Select(i => i.PublicId));
        Assert.Equal(StoreFixture.PatientOf(1), (await _store.Read(r => r.Ancestor(instance.Row.Id, ResourceLevel.Patient)))!.PublicId);
        Assert.Equal(instance.Row.Id, (await _store.Read(r => r.FirstInstance(study.Row.ParentId)))!.Id);
    }

    [Theory]
    [InlineData("A2-1", ResourceLevel.Study)]
    [InlineData("P2", ResourceLevel.Patient)]
    [InlineData("1.2.1", ResourceLevel.Study)]
    [InlineData(" 1.2.1.1 ", ResourceLevel.Series)]
    [InlineData("1.2.1.1.1", ResourceLevel.Instance)]
    public async Task LookupFindsIdentifiersOfEachLevel(string value, ResourceLevel level) =>
        Assert.Equal(level, Assert.Single(await _store.Read(r => r.Lookup(value))).Level);

    [Theory]
    [InlineData("_P2")]
    [InlineData("P2%")]
    [InlineData("A2_1")]
    [InlineData("A2 1")]
    public async Task LookupTakesNoMarkForNothing(string value) => Assert.Empty(await _store.Read(r => r.Lookup(value)));

    [Fact]
    public async Task LookupTellsIdentifiersWithMarksApart()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1, static record => record with { Study = record.Study with { Tags = [new(Accession, "_A%1"), new(0x0020000D, "1.1.1")] } });
        await store.Add(2, 1, 1, 1, static record => record with { Study = record.Study with { Tags = [new(Accession, "A 1"), new(0x0020000D, "1.2.1")] } });
        Assert.Equal(StoreFixture.StudyOf(1, 1), Assert.Single(await store.Read(r => r.Lookup("_a%1"))).PublicId);
        Assert.Equal(StoreFixture.StudyOf(2, 1), Assert.Single(await store.Read(r => r.Lookup("a 1"))).PublicId);
        Assert.Empty(await store.Read(r => r.Lookup("A_1")));
    }

    [Fact]
    public async Task StatementsUseTheirIndexes()
    {
        string Plan(string sql) => _store.Read(r => ((SqliteReader)r).Explain(sql)).Result;
        Assert.Contains("SEARCH identifiers USING PRIMARY KEY (key=? AND value>? AND value<?)", Plan(IndexRange.Sql));
        Assert.Contains("USING PRIMARY KEY (key=? AND value=?)", Plan("SELECT resource FROM identifiers WHERE key=?1 AND value=?2"));
        Assert.Contains("USING INDEX resources_public (public_id=?)", Plan("SELECT id,level FROM resources WHERE public_id=?1"));
        Assert.Contains("resources_parent (parent=?)", Plan("SELECT id FROM resources WHERE parent=?1 ORDER BY id"));
        Assert.DoesNotContain("TEMP B-TREE", Plan("SELECT public_id FROM resources WHERE parent=?1 ORDER BY id"));
        Assert.DoesNotContain("TEMP B-TREE", Plan("SELECT public_id FROM resources WHERE level=?1 ORDER BY id LIMIT 5"));
        Assert.DoesNotContain("SCAN", Plan("SELECT 1 FROM attachments WHERE uuid=?1 UNION ALL SELECT 1 FROM deletions WHERE uuid=?1"));
        Assert.Contains("outbox_open", Plan("SELECT 1 FROM outbox o WHERE o.patient=?1 AND o.state<>3"));
        Assert.Contains("changes_resource", Plan("DELETE FROM changes WHERE resource=?1"));
        Assert.Contains("resources_image", Plan("SELECT id FROM resources r WHERE r.image_id=?1 AND r.image_id<>0"));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(MatchKind.Equal, "A2-1", "index")]
    [InlineData(MatchKind.Wildcard, "A2*", "index")]
    [InlineData(MatchKind.Range, "A2|A3", "index")]
    public async Task CandidatesComeFromTheIndex(MatchKind kind, string values, string source) => Assert.Equal(source, await _store.Read(r =>
    {
        Finder finder = new(((SqliteReader)r).Connection, new FindRequest { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Study, Accession, kind, values.Split('|'), false)] });
        finder.Run();
        return finder.Source;
    }));

    /// <summary>Twelve patients of three studies each, made once.</summary>
    public sealed class Studies : IAsyncLifetime
    {
        public StoreFixture Store { get; } = new();

        public async ValueTask InitializeAsync()
        {
            for (int p = 1; p <= 12; p++)
            {
                for (int s = 1; s <= 3; s++)
                {
                    await Store.Add(p, s, s, 1);
                }
            }

            await Store.Add(1, 1, 2, 1);
            await Store.Index.AddLabelAsync(StoreFixture.StudyOf(2, 1), ResourceLevel.Study, "x");
            await Store.Index.AddLabelAsync(StoreFixture.StudyOf(2, 1), ResourceLevel.Study, "y");
            await Store.Index.AddLabelAsync(StoreFixture.StudyOf(3, 1), ResourceLevel.Study, "y");
            await Store.Index.SetMetadataAsync(StoreFixture.StudyOf(4, 2), ResourceLevel.Study, 1024, "Hello", RevisionCheck.None, null);
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }
}
