using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Edge.Core.Ids;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class UploadTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task AFileIsStoredListedAndGivenBack()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(101, 1, 1, 1);
        byte[] file = sample.ToFile();
        JsonNode stored = await _server.UploadAsync(file);
        string id = ResourceId.ForInstance(sample.PatientId, sample.StudyInstanceUid, sample.SeriesInstanceUid, sample.SopInstanceUid);
        Assert.Equal("Success", (string?)stored["Status"]);
        Assert.Equal(id, (string?)stored["ID"]);
        Assert.Equal("/instances/" + id, (string?)stored["Path"]);
        Assert.Equal(ResourceId.ForPatient(sample.PatientId), (string?)stored["ParentPatient"]);
        Assert.Contains(id, (await _server.GetJsonAsync("/instances")).AsArray().Select(node => (string?)node));
        Assert.Equal(file, await _server.Http.GetByteArrayAsync($"/instances/{id}/file"));
        JsonNode tags = await _server.GetJsonAsync($"/instances/{id}/simplified-tags");
        Assert.Equal(sample.PatientName, (string?)tags["PatientName"]);
        Assert.Null(tags["PixelData"]);
        Assert.True(tags.AsObject().ContainsKey("PixelData"));
    }

    [Fact]
    public async Task ARepeatedFileIsAlreadyStored()
    {
        byte[] file = SyntheticInstance.Numbered(102, 1, 1, 1).ToFile();
        await _server.UploadAsync(file);
        Assert.Equal("AlreadyStored", (string?)(await _server.UploadAsync(file))["Status"]);
    }

    [Fact]
    public async Task AZipGivesAnArrayAndSkipsWhatIsNoDicom()
    {
        using MemoryStream archive = new();
        using (ZipArchive zip = new(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 1; i <= 3; i++)
            {
                await using Stream entry = zip.CreateEntry($"folder/{i}.dcm").Open();
                await entry.WriteAsync(SyntheticInstance.Numbered(103, 1, 1, i).ToFile());
            }

            await using Stream other = zip.CreateEntry("readme.txt").Open();
            await other.WriteAsync("no DICOM"u8.ToArray());
        }

        JsonNode results = await _server.UploadAsync(archive.ToArray());
        Assert.Equal(3, results.AsArray().Count);
        Assert.All(results.AsArray(), result => Assert.Equal("Success", (string?)result!["Status"]));
    }

    [Fact]
    public async Task AGzippedBodyIsInflated()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(SyntheticInstance.Numbered(104, 1, 1, 1).ToFile());
        }

        using ByteArrayContent content = new(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage answer = await _server.Http.PostAsync("/instances", content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Success", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["Status"]);
    }

    [Fact]
    public async Task AFormStoresEachPart()
    {
        using MultipartFormDataContent form = [];
        for (int i = 1; i <= 2; i++)
        {
            form.Add(new ByteArrayContent(SyntheticInstance.Numbered(105, 1, 1, i).ToFile()), "file", $"{i}.dcm");
        }

        using HttpResponseMessage answer = await _server.Http.PostAsync("/instances", form);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        JsonNode found = await _server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = "Instance", ["Query"] = new JsonObject { ["PatientID"] = "TEST-105" } });
        Assert.Equal(2, found.AsArray().Count);
    }

    [Fact]
    public async Task ChunksOfAFileAreJoined()
    {
        byte[] file = SyntheticInstance.Numbered(106, 1, 1, 1).ToFile(), other = SyntheticInstance.Numbered(107, 1, 1, 1).ToFile();
        int cut = file.Length / 2;
        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("a.dcm", file[..cut], file.Length));
        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("b.dcm", other, other.Length));
        Assert.Equal((0, 1), (await CountAsync("TEST-106"), await CountAsync("TEST-107")));
        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("a.dcm", file[cut..], file.Length));
        Assert.Equal(1, await CountAsync("TEST-106"));
    }

    [Fact]
    public async Task ChunksBeyondTheAnnouncedSizeAreRefused()
    {
        byte[] file = SyntheticInstance.Numbered(108, 1, 1, 1).ToFile();
        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("c.dcm", file[..1000], file.Length - 1));
        Assert.Equal(HttpStatusCode.BadRequest, await SendChunkAsync("c.dcm", file[1000..], file.Length - 1));
        Assert.Equal(HttpStatusCode.BadRequest, await SendChunkAsync("c.dcm", file, -1));
        Assert.Equal(0, await CountAsync("TEST-108"));
    }

    [Fact]
    public async Task TenFilesInChunksAreKept()
    {
        byte[] file = SyntheticInstance.Numbered(109, 1, 1, 1).ToFile();
        for (int i = 0; i < 11; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await SendChunkAsync($"ten{i}.dcm", file[..1000], file.Length));
        }

        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("ten0.dcm", file[1000..], file.Length));
        Assert.Equal(0, await CountAsync("TEST-109"));
        Assert.Equal(HttpStatusCode.OK, await SendChunkAsync("ten10.dcm", file[1000..], file.Length));
        Assert.Equal(1, await CountAsync("TEST-109"));
    }

    private async Task<HttpStatusCode> SendChunkAsync(string name, byte[] bytes, int size)
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(bytes), "files[]", name } };
        using HttpRequestMessage request = new(HttpMethod.Post, "/instances") { Content = form };
        request.Headers.Add("X-Requested-With", "XMLHttpRequest");
        request.Headers.Add("X-File-Name", name);
        request.Headers.Add("X-File-Size", size.ToString(CultureInfo.InvariantCulture));
        using HttpResponseMessage answer = await _server.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<int> CountAsync(string patientId) => (await _server.PostJsonAsync(
        "/tools/find", new JsonObject { ["Level"] = "Instance", ["Query"] = new JsonObject { ["PatientID"] = patientId } })).AsArray().Count;

    [Theory]
    [InlineData("", 15)]
    [InlineData("this is no DICOM file at all, whatever its length may be", 15)]
    public async Task WhatIsNoDicomIsRefused(string body, int code)
    {
        using HttpResponseMessage answer = await _server.Http.PostAsync("/instances", new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        JsonNode error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(code, (int?)error["OrthancStatus"]);
        Assert.Equal("POST", (string?)error["Method"]);
        Assert.Equal("/instances", (string?)error["Uri"]);
    }
}
