using Edge.Core.Configuration;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Text;
using Edge.Engine.Forwarding;
using Edge.Engine.Ingest;
using Edge.Engine.Runtime;
using Edge.TestKit.Samples;
using Edge.Unit.Tests.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Engine.Forwarding;

public sealed class ForwardingRulesTests
{
    [Theory]
    [InlineData("CT", "CT", true)]
    [InlineData("CT", "ct", true)]
    [InlineData("CT", "CTA", false)]
    [InlineData("C*", "CT", true)]
    [InlineData("*T", "CT", true)]
    [InlineData("?T", "CT", true)]
    [InlineData("?T", "T", false)]
    [InlineData("*", "", true)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("MR", "CT\\MR", true)]
    [InlineData("20200101..", "20260102", true)]
    [InlineData("20200101..", "20191231", false)]
    [InlineData("..202612", "20261231", true)]
    [InlineData("..202612", "20270101", false)]
    [InlineData("5..10", "7", true)]
    [InlineData("5..10", "07.5", true)]
    [InlineData("5..10", "11", false)]
    [InlineData("5..10", "", false)]
    public void PatternsMatch(string pattern, string value, bool expected) => Assert.Equal(expected, ValuePattern.Parse(pattern, out _)!.Matches(value));

    [Fact]
    public void ALongPatternOfStarsIsQuick()
    {
        ValuePattern pattern = ValuePattern.Parse(string.Concat(Enumerable.Repeat("*a", 500)) + "b", out _)!;
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.False(pattern.Matches(new string('a', 5000)));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("08:00-18:00", "08:00", true)]
    [InlineData("08:00-18:00", "17:59", true)]
    [InlineData("08:00-18:00", "18:00", false)]
    [InlineData("18:00-06:00", "23:00", true)]
    [InlineData("18:00-06:00", "05:59", true)]
    [InlineData("18:00-06:00", "12:00", false)]
    [InlineData("00:00-24:00", "12:00", true)]
    public void WindowsHold(string window, string time, bool expected)
    {
        Assert.True(DayWindow.TryParse(window, out DayWindow parsed));
        Assert.Equal(expected, parsed.Contains(TimeSpan.Parse(time)));
    }

    [Theory]
    [InlineData("""{ "r": { "To": "pacs", "Modality": [ "CT", "M*" ] } }""", "CT", true)]
    [InlineData("""{ "r": { "To": "pacs", "Modality": "MR" } }""", "CT", false)]
    [InlineData("""{ "r": { "To": "pacs", "CallingAet": "SCAN*", "CalledAet": "EDGE" } }""", "CT", true)]
    [InlineData("""{ "r": { "To": "pacs", "CallingAet": "OTHER" } }""", "CT", false)]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "StudyDate": "20260101..20261231", "0008,0050": "ACC?" } } }""", "CT", true)]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "StudyDate": "..20251231" } } }""", "CT", false)]
    public void RulesMatch(string rules, string modality, bool expected)
    {
        ForwardingRules compiled = Compile(rules);
        using HeaderItem item = new(modality);
        Assert.Equal(expected, compiled.Select(item.Item).Stored.Count == 1);
    }

    [Fact]
    public void ADestinationOfSeveralRulesIsSentToOnceByTheHighestPriority()
    {
        ForwardingRules compiled = Compile("""{ "low": { "To": [ "pacs", "other" ] }, "high": { "To": "pacs", "Priority": 5, "IncludeRepeats": true } }""");
        using HeaderItem item = new("CT");
        var (stored, repeated) = compiled.Select(item.Item);
        Assert.Equal([("pacs", "high", 5), ("other", "low", 0)], stored.Select(static request => (request.Destination, request.Rule, request.Priority)));
        Assert.Equal("pacs", Assert.Single(repeated).Destination);
    }

    [Theory]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "NoSuchTag": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.NoSuchTag")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "PixelData": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.PixelData")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "FFFC,FFFC": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.FFFC,FFFC")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "7FE1,1001": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.7FE1,1001")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "SourceApplicationEntityTitle": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.SourceApplicationEntityTitle")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "RequestAttributesSequence": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.RequestAttributesSequence")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "EncapsulatedDocument": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.EncapsulatedDocument")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "RequestAttributesSequence.AccessionNumber": "x" } } }""", "Edge.Forwarding.Rules.r.Tags.RequestAttributesSequence.AccessionNumber")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "StudyDate": "1", "0008,0020": "2" } } }""", "Edge.Forwarding.Rules.r.Tags.0008,0020")]
    [InlineData("""{ "r": { "To": "pacs", "Modality": "CT", "Tags": { "Modality": "MR" } } }""", "Edge.Forwarding.Rules.r.Tags.Modality")]
    [InlineData("""{ "r": { "To": "pacs", "Tags": { "StudyDate": "20270101..20260101" } } }""", "Edge.Forwarding.Rules.r.Tags.StudyDate")]
    [InlineData("""{ "r": { "To": "pacs", "CallingAet": "A_TITLE_THAT_IS_TOO_LONG" } }""", "Edge.Forwarding.Rules.r.CallingAet")]
    public void WhatCanMatchNothingIsAnErrorWithItsPath(string rules, string path)
    {
        ConfigurationException failure = Assert.Throws<ConfigurationException>(() => Compile(rules));
        Assert.Equal(path, Assert.Single(failure.Problems).Path);
    }

    [Theory]
    [InlineData("\"OTHER\"")]
    [InlineData("[ \"ORTHANC\", \"OTHER\" ]")]
    [InlineData("\"PACS*\"")]
    [InlineData("\"A..B\"")]
    public void ATitleThatMayNotBeCalledIsAnErrorWithItsPath(string title)
    {
        string rules = $$"""{ "r": { "To": "pacs", "CalledAet": {{title}} } }""";
        Compile(rules);
        ConfigurationException failure = Assert.Throws<ConfigurationException>(() => Compile(rules, checksCalledAet: true));
        ConfigurationProblem problem = Assert.Single(failure.Problems);
        Assert.Equal("Edge.Forwarding.Rules.r.CalledAet", problem.Path);
        Assert.Contains("DicomCheckCalledAet lets only \"ORTHANC\"", problem.Message);
    }

    [Theory]
    [InlineData("orthanc")]
    [InlineData("ORTH*")]
    [InlineData("*")]
    public void OurOwnTitleMayBeCalled(string title) =>
        Assert.Single(Compile($$"""{ "r": { "To": "pacs", "CalledAet": "{{title}}" } }""", checksCalledAet: true).All);

    [Theory]
    [InlineData("""{ "r": { "To": "pcas" } }""", "Edge.Forwarding.Rules.r.To")]
    [InlineData("""{ "r": { "To": [ "pacs", "pacs" ] } }""", "Edge.Forwarding.Rules.r.To")]
    [InlineData("""{ "r": { "Modality": "CT" } }""", "Edge.Forwarding.Rules.r")]
    [InlineData("""{ "r": { "To": "pacs", "Modality": [] } }""", "Edge.Forwarding.Rules.r.Modality")]
    [InlineData("""{ "r": { "To": "pacs", "Hours": "08:00-08:00" } }""", "Edge.Forwarding.Rules.r.Hours")]
    [InlineData("""{ "r": { "To": "pacs", "Hours": "25:00-08:00" } }""", "Edge.Forwarding.Rules.r.Hours")]
    [InlineData("""{ "r": { "To": "pacs", "Priority": "high" } }""", "Edge.Forwarding.Rules.r.Priority")]
    [InlineData("""{ "r": "pacs" }""", "Edge.Forwarding.Rules.r")]
    public void WhatIsWrittenWronglyIsAnErrorWithItsPath(string rules, string path)
    {
        using ConfigurationFixture fixture = new();
        Assert.Equal(path, fixture.Problem(Json(rules)).Path);
    }

    [Theory]
    [InlineData("""{ "pcas": { } }""", "Edge.Forwarding.Destinations.pcas")]
    [InlineData("""{ "pacs": { "Associations": 0 } }""", "Edge.Forwarding.Destinations.pacs.Associations")]
    [InlineData("""{ "pacs": { "RetryMinimum": 100, "RetryMaximum": 10 } }""", "Edge.Forwarding.Destinations.pacs.RetryMinimum")]
    public void DestinationsAreChecked(string destinations, string path)
    {
        using ConfigurationFixture fixture = new();
        Assert.Equal(path, fixture.Problem(Json("{ \"r\": { \"To\": \"pacs\" } }", destinations)).Path);
    }

    [Fact]
    public void ADestinationMayBeAPeerButNotBothAtOnce()
    {
        using ConfigurationFixture fixture = new();
        const string Peers = "\"OrthancPeers\": { \"cloud\": [ \"http://localhost:8043/\" ], \"pacs\": [ \"http://localhost:8044/\" ] }, ";
        fixture.LoadClean("{ " + Peers + Json("""{ "r": { "To": [ "other", "cloud" ] } }""", """{ "cloud": { "Associations": 2 } }""")[1..]);
        ConfigurationProblem problem = fixture.Problem("{ " + Peers + Json("""{ "r": { "To": "pacs" } }""")[1..]);
        Assert.Equal("Edge.Forwarding.Rules.r.To", problem.Path);
        Assert.Contains("another name", problem.Message);
    }

    [Fact]
    public void WaitsDoubleUpToTheGreatest()
    {
        RetrySchedule schedule = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
        Assert.Equal([5, 10, 20, 40, 60, 60], Enumerable.Range(1, 6).Select(i => schedule.Longest(i).TotalSeconds));
        Assert.Equal(60, schedule.Longest(int.MaxValue).TotalSeconds);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(schedule.After(2).TotalSeconds, 5, 10));
    }

    private static string Json(string rules, string destinations = "{}") =>
        $"{{ \"DicomModalities\": {{ \"pacs\": [ \"PACS\", \"localhost\", 104 ], \"other\": [ \"OTHER\", \"localhost\", 105 ] }}, \"Edge\": {{ \"Forwarding\": {{ \"Rules\": {rules}, \"Destinations\": {destinations} }} }} }}";

    private static ForwardingRules Compile(string rules, bool checksCalledAet = false)
    {
        using ConfigurationFixture fixture = new();
        EdgeOptions options = fixture.LoadClean(Json(rules)).Options;
        options.Dicom.DicomCheckCalledAet = checksCalledAet;
        return ForwardingRules.Compile(options, new RuntimeSettings(options));
    }

    /// <summary>A scanned instance as the pipeline has it when rules are matched.</summary>
    private sealed class HeaderItem : IDisposable
    {
        private readonly Edge.Core.Memory.NativeBufferPool _pool = new();
        private readonly IncomingObject _content;

        public HeaderItem(string modality)
        {
            HeaderScan scan = new();
            byte[] file = new SyntheticInstance { Modality = modality }.ToFile();
            HeaderScanner.Scan(file, file.Length, new ScanPlan(MainTags.Default.All), scan);
            _content = new IncomingObject(new IncomingMemory(_pool, new Edge.Core.Memory.ByteBudget(1 << 20), 1 << 16, static () => throw new InvalidOperationException()));
            Item = new IngestItem(_content, new IngestOrigin(OriginKind.DicomProtocol, "127.0.0.1", "SCANNER1", "EDGE"), scan);
        }

        public IngestItem Item { get; }

        public void Dispose() => _pool.Dispose();
    }
}
