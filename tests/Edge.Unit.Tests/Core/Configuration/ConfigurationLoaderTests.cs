using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void WithoutAFileTheDefaultsHold()
    {
        LoadedConfiguration loaded = _fixture.LoadPath(null);
        Assert.Empty(loaded.Problems);
        EdgeOptions options = loaded.OrThrow().Options;
        Assert.Equal(8042, options.Http.HttpPort);
        Assert.Equal(4242, options.Dicom.DicomPort);
        Assert.Equal("ORTHANC", options.Dicom.DicomAet);
        Assert.False(options.Http.HttpCompressionEnabled);
        Assert.Equal(["1.2.840.10008.1.*"], options.Dicom.AcceptedTransferSyntaxes);
        Assert.Equal(1, options.Jobs.JobsEngineThreadsCount["ResourceModification"]);
        Assert.Equal(StorageFormat.Lz4, options.Edge.StorageFormat);
        Assert.Equal(Path.Combine(_fixture.Folder, "OrthancStorage"), options.Storage.StorageDirectory);
        Assert.Equal(options.Storage.StorageDirectory, options.Storage.IndexDirectory);
    }

    [Fact]
    public void CommentsTrailingCommasAndAByteOrderMarkAreAllowed()
    {
        LoadedConfiguration loaded = _fixture.LoadClean("\uFEFF{ // one\n /* two\n lines */ \"HttpPort\": 8043, \"LuaScripts\": [ ], }");
        Assert.Equal(8043, loaded.Options.Http.HttpPort);
    }

    [Fact]
    public void EveryKindOfValueIsBound()
    {
        EdgeOptions options = _fixture.LoadClean("""
            { "Name": "n", "ReadOnly": true, "MaximumStorageSize": 30.0, "MaximumStorageMode": "reject", "DefaultEncoding": "utf8",
              "DicomDefaultRetrieveMethod": "C-GET", "AuthenticationEnabled": false, "IngestTranscoding": "1.2.840.10008.1.2.4.70",
              "RejectedSopClasses": [ "1.2.840.10008.5.1.4.1.1.?", "1.2.3" ], "DeidentifyLogsDicomVersion": "2021b",
              "Worklists": { "Enable": true, "Database": "wl" }, "Edge": { "StorageFormat": "raw", "NetworkBudgetMB": 64, "LogFormat": "json" } }
            """).Options;
        Assert.Equal("n", options.General.Name);
        Assert.True(options.General.ReadOnly);
        Assert.Equal(30, options.Storage.MaximumStorageSize);
        Assert.Equal(MaximumStorageMode.Reject, options.Storage.MaximumStorageMode);
        Assert.Equal("Utf8", options.Dictionaries.DefaultEncoding);
        Assert.Equal(RetrieveMethod.CGet, options.Remote.DicomDefaultRetrieveMethod);
        Assert.False(options.Security.AuthenticationEnabled);
        Assert.Equal("1.2.840.10008.1.2.4.70", options.Transcoding.IngestTranscoding);
        Assert.Equal(["1.2.840.10008.5.1.4.1.1.?", "1.2.3"], options.Dicom.RejectedSopClasses);
        Assert.Equal(DeidentificationEdition.Edition2021b, options.General.DeidentifyLogsDicomVersion);
        Assert.Equal(Path.Combine(_fixture.Folder, "wl"), options.Worklists.Database);
        Assert.Equal(StorageFormat.Raw, options.Edge.StorageFormat);
        Assert.Equal(64L << 20, options.Edge.NetworkBudgetBytes);
        Assert.Equal(LogFormat.Json, options.Edge.LogFormat);
    }

    [Theory]
    [InlineData("{\n\"HttpPort\": 70000}", "edge.json:2", "HttpPort", "70000 is out of range: expected an integer from 1 to 65535", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"MaximumStorageSize\": -1}", "edge.json:1", "MaximumStorageSize", "-1 is out of range", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"HttpPort\": 1e99}", "edge.json:1", "HttpPort", "out of range", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"HttpPort\": 80.5}", "edge.json:1", "HttpPort", "out of range", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"HttpPort\": \"8042\"}", "edge.json:1", "HttpPort", "\"8042\" is of the wrong type", ErrorCode.BadParameterType)]
    [InlineData("{\"ReadOnly\": 1}", "edge.json:1", "ReadOnly", "1 is of the wrong type: expected true or false", ErrorCode.BadParameterType)]
    [InlineData("{\"Name\": null}", "edge.json:1", "Name", "null is of the wrong type", ErrorCode.BadParameterType)]
    [InlineData("{\"LuaScripts\": \"a.lua\"}", "edge.json:1", "LuaScripts", "expected a list", ErrorCode.BadParameterType)]
    [InlineData("{\"LuaScripts\": [\n7]}", "edge.json:2", "LuaScripts[0]", "7 is of the wrong type", ErrorCode.BadParameterType)]
    [InlineData("{\"LuaScripts\": [\"none.lua\"]}", "edge.json:1", "LuaScripts[0]", "none.lua does not exist", ErrorCode.InexistentFile)]
    [InlineData("{\"MaximumStorageMode\": \"Recycel\"}", "edge.json:1", "MaximumStorageMode", "did you mean \"Recycle\"", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"DicomDefaultRetrieveMethod\": \"SystemDefault\"}", "edge.json:1", "DicomDefaultRetrieveMethod", "expected one of C-MOVE, C-GET", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"DicomAet\": \"\"}", "edge.json:1", "DicomAet", "1 to 16 characters", ErrorCode.BadApplicationEntityTitle)]
    [InlineData("{\"DicomAet\": \"SEVENTEEN-LETTERS\"}", "edge.json:1", "DicomAet", "1 to 16 characters", ErrorCode.BadApplicationEntityTitle)]
    [InlineData("{\"DicomAet\": \"A\\\\B\"}", "edge.json:1", "DicomAet", "without backslash", ErrorCode.BadApplicationEntityTitle)]
    [InlineData("{\"IngestTranscoding\": \"JPEG\"}", "edge.json:1", "IngestTranscoding", "expected a DICOM UID", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"IngestTranscoding\": \"1.2.*\"}", "edge.json:1", "IngestTranscoding", "expected a DICOM UID", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"Edge\": {\"DicomListenAddresses\": [\"host\"]}}", "edge.json:1", "Edge.DicomListenAddresses[0]", "expected an IP address", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"Edge\": true}", "edge.json:1", "Edge", "expected an object", ErrorCode.BadParameterType)]
    [InlineData("{\"DicomPort\": 8042}", "edge.json:1", "DicomPort", "8042 is the HttpPort too", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"SslEnabled\": true}", "edge.json:1", "SslCertificate", "does not exist: SslEnabled demands it", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"DatabaseServerIdentifier\": \"\"}", "edge.json:1", "DatabaseServerIdentifier", "is empty", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"Worklists\": {\"Enable\": true}}", "", "Worklists.Database", "is missing", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"OrthancPeers\": {\"p\": {\"Url\": \"http://h\", \"Pkcs11\": true}}}", "edge.json:1", "OrthancPeers.p.Pkcs11", "Pkcs11.Module is missing", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"StorageDirectory\": \"\"}", "edge.json:1", "StorageDirectory", "expected a path", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"StorageDirectory\": \"a\\u0000b\"}", "edge.json:1", "StorageDirectory", "expected a path", ErrorCode.ParameterOutOfRange)]
    [InlineData("{\"OrthancPeers\": {\"p\": {\"Url\": \"http://h\", \"CertificateFile\": \"a\\u0000b\"}}}", "edge.json:1", "OrthancPeers.p.CertificateFile", "does not exist", ErrorCode.InexistentFile)]
    [InlineData("{\"JobsEngineThreadsCount\": {\"ResourceModification\": -1}}", "edge.json:1", "JobsEngineThreadsCount.ResourceModification", "-1 is out of range", ErrorCode.ParameterOutOfRange)]
    public void AProblemNamesFileLineOptionValueAndExpectation(string json, string where, string path, string message, ErrorCode code)
    {
        ConfigurationProblem problem = _fixture.Problem(json);
        Assert.Equal(where, problem.Where);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
        Assert.Equal(code, problem.Code);
    }

    [Fact]
    public void AllProblemsAreReportedAtOnceAndTheDefaultsStand()
    {
        LoadedConfiguration loaded = _fixture.Load("""
            { "HttpPort": 0, "DicomPort": "x", "ReadOnly": "yes", "Httpport": 1,
              "DicomModalities": { "a": [ "A", "h" ], "b": [ "B", "h", 0 ] } }
            """);
        Assert.Equal(6, loaded.Problems.Count);
        Assert.Equal(5, loaded.Problems.Count(static problem => problem.IsError));
        Assert.Equal(8042, loaded.Options.Http.HttpPort);
        ConfigurationException thrown = Assert.Throws<ConfigurationException>(loaded.OrThrow);
        Assert.Equal(5, thrown.Detail!.Split('\n').Length);
        Assert.Equal(ErrorCode.ParameterOutOfRange, thrown.Code);
    }

    [Theory]
    [InlineData("{\"HtpPort\": 1}", "HtpPort", "did you mean \"HttpPort\"?")]
    [InlineData("{\"httpport\": 1}", "httpport", "did you mean \"HttpPort\"?")]
    [InlineData("{\"StorageFormat\": \"raw\"}", "StorageFormat", "did you mean \"Edge.StorageFormat\"?")]
    [InlineData("{\"Edge\": {\"StorageFormt\": \"raw\"}}", "Edge.StorageFormt", "did you mean \"Edge.StorageFormat\"?")]
    [InlineData("{\"Edge\": {\"HttpPort\": 1}}", "Edge.HttpPort", "did you mean \"HttpPort\"?")]
    [InlineData("{\"DicomWeb\": {\"Enable\": true}}", "DicomWeb", "belongs to an Orthanc plugin")]
    [InlineData("{\"RleTransferSyntaxAccepted\": true}", "RleTransferSyntaxAccepted", "is deprecated: use AcceptedTransferSyntaxes")]
    [InlineData("{\"LimitJobs\": 10}", "LimitJobs", "is deprecated")]
    [InlineData("{\"Plugins\": [\"/usr/share/orthanc\"]}", "Plugins", "does not load")]
    [InlineData("{\"SyncStorageArea\": false}", "SyncStorageArea", "a power cut may lose")]
    public void WhatIsOddWarns(string json, string path, string message)
    {
        ConfigurationProblem problem = _fixture.Problem(json, false);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void ANameLikeNoOtherGetsNoSuggestion() =>
        Assert.DoesNotContain("did you mean", _fixture.Problem("{\"Kartoffelsalat\": 1}", false).Message);

    [Theory]
    [InlineData("{\n\n  \"HttpPort\": 1,\n  \"a\" 2 }", "edge.json:4", "unexpected \"2 }\" at column 7")]
    [InlineData("{\n \"HttpPort\": 1", "edge.json:2", "not valid JSON")]
    [InlineData("", "edge.json", "is empty")]
    [InlineData("[]", "edge.json:1", "holds a list: expected an object")]
    [InlineData("{} {}", "edge.json:1", "not valid JSON")]
    [InlineData("{\"Name\": \"\\ud800\"}", "edge.json:1", "not valid UTF-8")]
    public void WhatIsNoJsonIsAnErrorThatNamesTheLine(string json, string where, string message)
    {
        ConfigurationProblem problem = _fixture.Problem(json);
        Assert.Equal(where, problem.Where);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void DepthIsBounded()
    {
        string json = "{\"Warnings\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        Assert.Contains("not valid JSON", _fixture.Problem(json).Message);
    }

    [Fact]
    public void AFileThatIsNotThereIsAnError()
    {
        ConfigurationProblem problem = Assert.Single(_fixture.LoadPath("none.json").Problems);
        Assert.Contains("does not exist", problem.Message);
        Assert.Equal(ErrorCode.InexistentFile, problem.Code);
    }

    [Fact]
    public void AFileThatIsNotUtf8IsAnError()
    {
        string path = _fixture.Write("latin1.json", "");
        File.WriteAllBytes(path, "{\"Name\": \"\xe9\"}"u8.ToArray().Select(static b => b == 0xc3 ? (byte)0xe9 : b).ToArray());
        Assert.Contains("is not valid UTF-8", Assert.Single(_fixture.LoadPath(path).Problems).Message);
    }

    [Fact]
    public void AKeyGivenTwiceInOneFileWarnsAndTheLastCounts()
    {
        LoadedConfiguration loaded = _fixture.Load("{ \"Name\": \"a\",\n\"Name\": \"b\" }");
        ConfigurationProblem problem = Assert.Single(loaded.Problems);
        Assert.False(problem.IsError);
        Assert.Equal("edge.json:2", problem.Where);
        Assert.Contains("line 1", problem.Message);
        Assert.Equal("b", loaded.Options.General.Name);
    }

    [Fact]
    public void AFolderIsMergedAtTheTopLevel()
    {
        _fixture.Write("conf/a.json", "{ \"HttpPort\": 8043 }");
        _fixture.Write("conf/b.JSON", "{ \"DicomPort\": 4243, \"StorageDirectory\": \"data\" }");
        _fixture.Write("conf/c.txt", "no JSON");
        _fixture.Write("conf/d.json/e.json", "{ \"HttpPort\": 1 }");
        LoadedConfiguration loaded = _fixture.LoadPath("conf");
        Assert.Empty(loaded.Problems);
        Assert.Equal(8043, loaded.Options.Http.HttpPort);
        Assert.Equal(4243, loaded.Options.Dicom.DicomPort);
        Assert.Equal(Path.Combine(_fixture.Folder, "conf", "data"), loaded.Options.Storage.StorageDirectory);
        Assert.Equal(["a.json", "b.JSON"], loaded.Files.Select(Path.GetFileName));
    }

    [Fact]
    public void AKeyInTwoFilesIsAnErrorThatNamesBoth()
    {
        _fixture.Write("conf/a.json", "{ \"DicomModalities\": { \"a\": [ \"A\", \"h\", 1 ] } }");
        _fixture.Write("conf/b.json", "{\n \"DicomModalities\": { \"b\": [ \"B\", \"h\", 1 ] } }");
        ConfigurationProblem problem = Assert.Single(_fixture.LoadPath("conf").Problems);
        Assert.True(problem.IsError);
        Assert.Equal("b.json:2", problem.Where);
        Assert.Contains("a.json:1", problem.Message);
        Assert.Equal(ErrorCode.BadFileFormat, problem.Code);
    }

    [Fact]
    public void PathsStartAtTheDataFolderOrTheFile()
    {
        _fixture.Write("s.lua", "");
        EdgeOptions options = _fixture.LoadClean("""
            { "StorageDirectory": "files", "IndexDirectory": "/var/index", "TemporaryDirectory": "tmp", "LuaScripts": [ "s.lua" ],
              "Edge": { "DataFolder": "data" } }
            """).Options;
        Assert.Equal(Path.Combine(_fixture.Folder, "data", "files"), options.Storage.StorageDirectory);
        Assert.Equal("/var/index", options.Storage.IndexDirectory);
        Assert.Equal(Path.Combine(_fixture.Folder, "data", "tmp"), options.Storage.TemporaryDirectory);
        Assert.Equal([Path.Combine(_fixture.Folder, "s.lua")], options.Scripting.LuaScripts);
        Assert.Equal(Path.Combine(_fixture.Folder, "data"), options.Edge.DataFolder);
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(-5, 60)]
    [InlineData(7, 7)]
    public void AStableAgeThatIsNoneIsSixty(int given, int expected) =>
        Assert.Equal(expected, _fixture.LoadClean($"{{ \"StableAge\": {given} }}").Options.Indexing.StableAge);

    [Fact]
    public void DeprecatedTransferSyntaxesCountWhereTheNewOptionIsAbsent()
    {
        string[] accepted = _fixture.Load("{ \"JpegTransferSyntaxAccepted\": false, \"RleTransferSyntaxAccepted\": false }").Options.Dicom.AcceptedTransferSyntaxes;
        Assert.Contains("1.2.840.10008.1.2.1", accepted);
        Assert.Contains("1.2.840.10008.1.2.4.80", accepted);
        Assert.DoesNotContain("1.2.840.10008.1.2.5", accepted);
        Assert.DoesNotContain("1.2.840.10008.1.2.4.70", accepted);
        Assert.DoesNotContain("1.2.840.10008.1.*", accepted);

        accepted = _fixture.Load("{ \"JpegTransferSyntaxAccepted\": false, \"AcceptedTransferSyntaxes\": [ \"1.2.*\" ] }").Options.Dicom.AcceptedTransferSyntaxes;
        Assert.Equal(["1.2.*"], accepted);
    }
}
