using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Archives and media, read by unzip, DCMTK and dicom3tools.</summary>
public sealed class ArchiveTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task AStudyIsFoldersWithNames()
    {
        SyntheticInstance first = SyntheticInstance.Numbered(701, 1, 1, 1), second = SyntheticInstance.Numbered(701, 1, 2, 1);
        (string patient, string study, _, _) = await _server.StoreAsync(first);
        await _server.StoreAsync(second);
        using HttpResponseMessage answer = await _server.Http.GetAsync($"/studies/{study}/archive");
        Assert.Equal("application/zip", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal($"filename=\"{study}.zip\"", answer.Content.Headers.GetValues("Content-Disposition").Single());
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        await UnzipAsync(bytes);
        using ZipArchive zip = new(new MemoryStream(bytes));
        const string folder = "TEST-701 Test^Number701/ACC701-1/";
        Assert.Equal([folder + "CT-2/CT000001.dcm", folder + "CT/CT000001.dcm"], zip.Entries.Select(static e => e.FullName).Order(StringComparer.Ordinal));
        byte[][] files = [first.ToFile(), second.ToFile()];
        Assert.All(zip.Entries, entry => Assert.Contains(files, file => file.AsSpan().SequenceEqual(Read(entry))));
        using ZipArchive whole = new(new MemoryStream(await _server.Http.GetByteArrayAsync($"/patients/{patient}/archive?filename=x.zip")));
        Assert.Equal(2, whole.Entries.Count);
    }

    [Fact]
    public async Task ResourcesThatOverlapAreArchivedOnce()
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(702, 1, 1, 1));
        await _server.StoreAsync(SyntheticInstance.Numbered(702, 1, 1, 2));
        (_, _, _, string other) = await _server.StoreAsync(SyntheticInstance.Numbered(703, 1, 1, 1));
        Assert.Equal(3, (await PostAsync("/tools/create-archive", $"""["{patient}","{study}","{series}","{instance}","{other}"]""")).Count);
        Assert.Single(await PostAsync("/tools/create-archive", $$"""{"Resources":["{{instance}}"]}"""));
        Assert.Empty(await PostAsync("/tools/create-archive", "[]"));
        using ZipArchive got = new(new MemoryStream(await _server.Http.GetByteArrayAsync($"/tools/create-media?resources={patient},{other}")));
        Assert.Equal(["DICOMDIR", "IMAGES/IM0", "IMAGES/IM1", "IMAGES/IM2"], got.Entries.Select(static e => e.FullName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/tools/create-archive", "", 400, 15)]
    [InlineData("POST", "/tools/create-archive", "{}", 400, 15)]
    [InlineData("POST", "/tools/create-archive", "[\"nope\"]", 404, 17)]
    [InlineData("GET", "/tools/create-archive?resources=nope", null, 404, 17)]
    [InlineData("GET", "/studies/nope/archive", null, 404, 17)]
    [InlineData("GET", "/studies/nope/media", null, 404, 17)]
    [InlineData("POST", "/tools/create-archive", "{\"Resources\":[],\"LossyQuality\":101}", 400, 3)]
    [InlineData("GET", "/tools/create-archive?resources=&transcode=nope", null, 400, 3)]
    public async Task FaultyRequestsAreErrors(string method, string path, string? body, int status, int code) =>
        (await _server.AskAsync(method, path, body)).IsError(status, code);

    [Fact]
    public async Task ASeriesIsNoStudyAndABodyIsDemanded()
    {
        (_, string study, string series, _) = await _server.StoreAsync(SyntheticInstance.Numbered(704, 1, 1, 1));
        (await _server.AskAsync("GET", $"/studies/{series}/archive")).IsError(404, 17);
        (await _server.AskAsync("POST", $"/studies/{study}/archive", "")).IsError(400, 15);
        Assert.Single(await PostAsync($"/studies/{study}/archive", "{}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheDirectoryOfAMediumIsSound(bool extended)
    {
        (string patient, _, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(705, 1, 1, 1));
        await _server.UploadAsync(await DescribedAsync(SyntheticInstance.Numbered(705, 1, 2, 1)));
        await _server.StoreAsync(SyntheticInstance.Numbered(705, 2, 1, 1) with { PatientId = "TEST-705", PatientName = "Test^Number705" });
        byte[] bytes = await _server.Http.GetByteArrayAsync($"/patients/{patient}/media{(extended ? "?extended" : "")}");
        await UnzipAsync(bytes);
        using TemporaryFolder folder = new("edge-media-");
        using ZipArchive zip = new(new MemoryStream(bytes));
        zip.ExtractToDirectory(folder.Path);
        string directory = folder.Combine("DICOMDIR");
        ToolResult dump = await Tool.RunAsync("dcmdump", "-q", directory);
        Assert.True(dump.ExitCode == 0, dump.Error);
        Assert.Equal((1, 2, 3, 3), (Count("PATIENT"), Count("STUDY"), Count("SERIES"), Count("IMAGE")));
        Assert.Equal(extended, dump.Output.Contains("SeriesDescription", StringComparison.Ordinal));
        // dcmdump shows where each record lies: the offsets that link them are right where every one of them is such a place.
        string[] places = [.. System.Text.RegularExpressions.Regex.Matches(dump.Output, @"offset=\$(\d+)").Select(static m => m.Groups[1].Value)];
        string[] links = [.. System.Text.RegularExpressions.Regex.Matches(dump.Output, @"\(0004,(?:1200|1202|1400|1420)\) up (\d+)").Select(static m => m.Groups[1].Value).Where(static v => v != "0")];
        Assert.Equal(9, places.Length);
        Assert.Equal(places.Order(), links.Distinct().Order());
        ToolResult check = await Tool.RunAsync("dcentvfy", directory);
        Assert.Equal(("", ""), (check.Output.Trim(), check.Error.Trim()));
        foreach (string image in Directory.GetFiles(folder.Combine("IMAGES")))
        {
            ToolResult readable = await Tool.RunAsync("dcmdump", "-q", image);
            Assert.True(readable.ExitCode == 0, readable.Error);
        }

        int Count(string type) => System.Text.RegularExpressions.Regex.Count(dump.Output, $@"\[{type}\]");
    }

    [Fact]
    public async Task AJobKeepsItsArchive()
    {
        (_, _, string series, _) = await _server.StoreAsync(SyntheticInstance.Numbered(706, 1, 1, 1));
        string first = await RunJobAsync($"/series/{series}/archive", "{\"Asynchronous\":true,\"Filename\":\"to\\\"to.zip\"}");
        JsonNode job = (await _server.AskAsync("GET", $"/jobs/{first}")).Json;
        Assert.Equal("Archive", (string)job["Type"]!);
        Assert.Equal(1, (int)job["Content"]!["InstancesCount"]!);
        Assert.Equal(SyntheticInstance.Numbered(706, 1, 1, 1).ToFile().Length.ToString(), (string)job["Content"]!["UncompressedSize"]!);
        Answer output = await _server.AskAsync("GET", $"/jobs/{first}/archive");
        Assert.Equal("filename=\"toto.zip\"", output.ContentHeaders.GetValues("Content-Disposition").Single());
        Assert.Equal(output.Bytes.Length.ToString(), (string)job["Content"]!["ArchiveSize"]!);
        await UnzipAsync(output.Bytes);
        string second = await RunJobAsync($"/series/{series}/media", "{\"Synchronous\":false}");
        // One archive is kept: the newest.
        Assert.Equal(HttpStatusCode.NotFound, (await _server.AskAsync("GET", $"/jobs/{first}/archive")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _server.AskAsync("GET", $"/jobs/{second}/archive")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _server.AskAsync("DELETE", $"/jobs/{second}/archive")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _server.AskAsync("GET", $"/jobs/{second}/archive")).Status);
    }

    [Fact]
    public async Task InstancesAreTranscodedWhereTheyCanBe()
    {
        (_, _, string series, _) = await _server.StoreAsync(SyntheticInstance.Numbered(707, 1, 1, 1) with { Rows = 64, Columns = 64 });
        using ZipArchive zip = new(new MemoryStream(await _server.Http.GetByteArrayAsync($"/series/{series}/archive?transcode=1.2.840.10008.1.2.4.80")));
        using TemporaryFolder folder = new("edge-transcoded-");
        zip.Entries.Single().ExtractToFile(folder.Combine("x.dcm"));
        ToolResult dump = await Tool.RunAsync("dcmdump", "+P", "0002,0010", folder.Combine("x.dcm"));
        Assert.Contains("JPEGLSLossless", dump.Output, StringComparison.Ordinal);
    }

    /// <summary>A stored file that turns out damaged in the middle of an archive: the client must not take what it got for an archive.</summary>
    [Fact]
    public async Task DamageAbortsTheConnection()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static c => c["Edge"] = new JsonObject { ["StorageFormat"] = "raw" });
        string study = "", last = "";
        for (int number = 1; number <= 12; number++)
        {
            SyntheticInstance sample = SyntheticInstance.Numbered(708, 1, 1, number) with { Rows = 512, Columns = 512 };
            (_, study, _, _) = await server.StoreAsync(sample);
        }

        JsonNode instances = (await server.AskAsync("GET", "/instances")).Json;
        last = instances.Strings().Order(StringComparer.Ordinal).Last();
        string uuid = (string)(await server.AskAsync("GET", $"/instances/{last}/attachments/dicom/info")).Json["Uuid"]!;
        string path = Directory.EnumerateFiles(server.StorageFolder, uuid + "*", SearchOption.AllDirectories).Single();
        await using (FileStream file = new(path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.Http.GetByteArrayAsync($"/studies/{study}/archive"));
        // The service is unharmed.
        Assert.Equal(HttpStatusCode.OK, (await server.AskAsync("GET", "/system")).Status);
    }

    [Fact]
    public async Task WithoutStreamingTheLengthIsKnown()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static c => c["SynchronousZipStream"] = false);
        (_, string study, _, _) = await server.StoreAsync(SyntheticInstance.Numbered(709, 1, 1, 1));
        using HttpResponseMessage answer = await server.Http.GetAsync($"/studies/{study}/archive");
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        await UnzipAsync(bytes);
    }

    /// <summary>The file with a description of its series, odd in length.</summary>
    private static async Task<byte[]> DescribedAsync(SyntheticInstance sample)
    {
        using TemporaryFolder folder = new("edge-described-");
        string path = folder.Combine("x.dcm");
        await File.WriteAllBytesAsync(path, sample.ToFile());
        ToolResult result = await Tool.RunAsync("dcmodify", "-nb", "-i", "0008,103e=Axial", path);
        Assert.True(result.ExitCode == 0, result.Error);
        return await File.ReadAllBytesAsync(path);
    }

    private async Task<string> RunJobAsync(string path, string body)
    {
        string id = (string)(await _server.AskAsync("POST", path, body)).Json["ID"]!;
        for (int i = 0; i < 1200; i++)
        {
            string state = (string)(await _server.AskAsync("GET", $"/jobs/{id}")).Json["State"]!;
            if (state == "Success")
            {
                return id;
            }

            Assert.NotEqual("Failure", state);
            await Task.Delay(100);
        }

        throw new TimeoutException("the job does not end");
    }

    private async Task<IReadOnlyCollection<string>> PostAsync(string path, string body)
    {
        Answer answer = await _server.AskAsync("POST", path, body);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        using ZipArchive zip = new(new MemoryStream(answer.Bytes));
        return [.. zip.Entries.Select(static entry => entry.FullName)];
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static async Task UnzipAsync(byte[] archive)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, archive);
            ToolResult result = await Tool.RunAsync("unzip", "-t", path);
            Assert.True(result.ExitCode == 0, result.Output + result.Error);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
