using Edge.Core.Configuration;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

/// <summary>The options whose keys are free, and the lists of mixed types.</summary>
public sealed class MapReadersTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void TheyAreRead()
    {
        EdgeOptions options = _fixture.LoadClean("""
            { "Dictionary": { "0014,1020": [ "DA", "ValidationExpiryDate", 1, 1 ], "00e1,10C2": [ "UI", "Name", 1, 0, "ELSCINT1" ], "7053,1003": [ "ST", "Original" ] },
              "UserMetadata": { "a": 1024, "b": 65535 },
              "UserContentType": { "c": 1024, "d": [ 1025, "application/pdf" ] },
              "ExtraMainDicomTags": { "Patient": [ "PatientAge" ], "Instance": [ "Rows", "0028,0011" ] },
              "Warnings": { "W001_TagsBeingReadFromStorage": false },
              "JobsEngineThreadsCount": { "ResourceModification": 4 } }
            """).Options;
        Assert.Equal(
            [
                new DictionaryEntry(0x0014, 0x1020, "DA", "ValidationExpiryDate", 1, 1, ""),
                new DictionaryEntry(0x00e1, 0x10c2, "UI", "Name", 1, 0, "ELSCINT1"),
                new DictionaryEntry(0x7053, 0x1003, "ST", "Original", 1, 1, ""),
            ],
            options.Dictionaries.Dictionary);
        Assert.Equal(65535, options.Indexing.UserMetadata["b"]);
        Assert.Equal(new UserContentType(1024, "application/octet-stream"), options.Indexing.UserContentType["c"]);
        Assert.Equal(new UserContentType(1025, "application/pdf"), options.Indexing.UserContentType["d"]);
        Assert.Equal(["PatientAge"], options.Indexing.ExtraMainDicomTags.Patient);
        Assert.Equal(["Rows", "0028,0011"], options.Indexing.ExtraMainDicomTags.Instance);
        Assert.False(options.General.Warnings["W001_TagsBeingReadFromStorage"]);
        Assert.Equal(4, options.Jobs.JobsEngineThreadsCount["ResourceModification"]);
    }

    [Theory]
    [InlineData("{\"UserMetadata\": {\"a\": 1023}}", "UserMetadata.a", "1024 to 65535")]
    [InlineData("{\"UserMetadata\": {\"a\": 65536}}", "UserMetadata.a", "1024 to 65535")]
    [InlineData("{\"UserMetadata\": {\"a\": 2000, \"b\": 2000}}", "UserMetadata.b", "2000 is the number of \"a\" already")]
    [InlineData("{\"UserContentType\": {\"a\": [2000]}}", "UserContentType.a", "[ number, MIME type ]")]
    [InlineData("{\"UserContentType\": {\"a\": [7, \"x\"]}}", "UserContentType.a[0]", "1024 to 65535")]
    [InlineData("{\"ExtraMainDicomTags\": {\"Image\": []}}", "ExtraMainDicomTags.Image", "Patient, Study, Series, Instance")]
    [InlineData("{\"ExtraMainDicomTags\": {\"Study\": [7]}}", "ExtraMainDicomTags.Study", "list of tags")]
    [InlineData("{\"Warnings\": {\"W001\": 0}}", "Warnings.W001", "true or false")]
    [InlineData("{\"Dictionary\": {\"00141020\": [\"DA\", \"N\"]}}", "Dictionary.00141020", "gggg,eeee")]
    [InlineData("{\"Dictionary\": {\"0014,1020\": [\"da\", \"N\"]}}", "Dictionary.0014,1020", "\"VR\"")]
    [InlineData("{\"Dictionary\": {\"0014,1020\": [\"DA\"]}}", "Dictionary.0014,1020", "\"VR\"")]
    [InlineData("{\"Dictionary\": {\"0014,1020\": [\"DA\", \"N\", 2, 1]}}", "Dictionary.0014,1020[3]", "less than the least")]
    [InlineData("{\"Dictionary\": []}", "Dictionary", "expected an object")]
    [InlineData("{\"DicomModalities\": {\"a\": [\"A\", \"h\", 0]}}", "DicomModalities.a[2]", "1 to 65534")]
    [InlineData("{\"OrthancPeers\": {\"a\": [\"h\"]}}", "OrthancPeers.a[0]", "expected http://")]
    public void FaultsAreNamed(string json, string path, string message)
    {
        ConfigurationProblem problem = _fixture.Problem(json);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }
}
