using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>A server whose configuration names attachments and metadata.</summary>
public sealed class NamingServer : IAsyncLifetime
{
    public EdgeServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await EdgeServer.StartNewAsync(configuration =>
    {
        configuration["UserContentType"] = new JsonObject { ["report"] = new JsonArray(1030, "application/pdf"), ["notes"] = 1031 };
        configuration["UserMetadata"] = new JsonObject { ["reviewed"] = 1030 };
    });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class AttachmentTests(NamingServer shared) : IClassFixture<NamingServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData("patients", 0)]
    [InlineData("studies", 1)]
    [InlineData("series", 2)]
    [InlineData("instances", 3)]
    public async Task AUserAttachmentLivesAtEachLevel(string level, int index)
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(300, 1, 1, 1));
        string at = $"/{level}/{((string[])[patient, study, series, instance])[index]}/attachments";
        Answer put = await _server.AskAsync("PUT", $"{at}/report", "hello");
        Assert.Equal("{}", put.Body);
        Assert.Equal($"\"0-{Asking.Md5("hello")}\"", put.ETag);
        Assert.Contains("report", (await _server.GetJsonAsync(at)).Strings());
        Assert.Equal(1030, (int?)(await _server.GetJsonAsync($"{at}?full"))["report"]);
        Answer data = await _server.AskAsync("GET", $"{at}/1030/data?filename=a%22b.pdf");
        Assert.Equal(("hello", "application/pdf", put.ETag), (data.Body, data.ContentType, data.ETag));
        Assert.Equal("filename=\"ab.pdf\"", data.ContentHeaders.GetValues("Content-Disposition").Single());
        Assert.Equal("5", (await _server.AskAsync("GET", $"{at}/report/size")).Body);
        Assert.Equal("5", (await _server.AskAsync("GET", $"{at}/report/compressed-size")).Body);
        Assert.Equal(Asking.Md5("hello"), (await _server.AskAsync("GET", $"{at}/report/md5")).Body);
        Assert.Equal(Asking.Md5("hello"), (await _server.AskAsync("GET", $"{at}/report/compressed-md5")).Body);
        Assert.Equal("hello", (await _server.AskAsync("GET", $"{at}/report/compressed-data")).Body);
        Assert.Equal("0", (await _server.AskAsync("GET", $"{at}/report/is-compressed")).Body);
        JsonNode info = await _server.GetJsonAsync($"{at}/report/info");
        Assert.Equal((1030, 5, (string?)info["Uuid"]), ((int)info["ContentType"]!, (int)info["UncompressedSize"]!, (await _server.AskAsync("GET", $"{at}/report/uuid")).Body));
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/report/verify-md5")).Body);
        Assert.Equal("\"1-" + Asking.Md5("hello again") + "\"", (await _server.AskAsync("PUT", $"{at}/report", "hello again")).ETag);
        Assert.Equal("hello again", (await _server.AskAsync("GET", $"{at}/report/data")).Body);
        (await _server.AskAsync("DELETE", $"{at}/report")).IsEmpty(200);
        (await _server.AskAsync("GET", $"{at}/report/data")).IsError(404, 17);
        (await _server.AskAsync("DELETE", $"{at}/report")).IsError(404, 17);
    }

    [Fact]
    public async Task CompressingKeepsTheDataAndChangesItsForm()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(301, 1, 1, 1);
        byte[] file = sample.ToFile();
        string at = $"/instances/{(await _server.StoreAsync(sample)).Instance}/attachments/dicom";
        string before = (await _server.AskAsync("GET", $"{at}/uuid")).Body;
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/compress")).Body);
        Assert.Equal("1", (await _server.AskAsync("GET", $"{at}/is-compressed")).Body);
        Assert.NotEqual(before, (await _server.AskAsync("GET", $"{at}/uuid")).Body);
        Answer compressed = await _server.AskAsync("GET", $"{at}/compressed-data");
        Assert.Equal("application/octet-stream", compressed.ContentType);
        Assert.Equal(file.Length, BinaryPrimitives.ReadInt64LittleEndian(compressed.Bytes));
        using (ZLibStream zlib = new(new MemoryStream(compressed.Bytes, 8, compressed.Bytes.Length - 8), CompressionMode.Decompress))
        using (MemoryStream plain = new())
        {
            zlib.CopyTo(plain);
            Assert.Equal(file, plain.ToArray());
        }

        Assert.Equal($"{compressed.Bytes.Length}", (await _server.AskAsync("GET", $"{at}/compressed-size")).Body);
        Assert.Equal($"{file.Length}", (await _server.AskAsync("GET", $"{at}/size")).Body);
        Answer data = await _server.AskAsync("GET", $"{at}/data");
        Assert.Equal("application/dicom", data.ContentType);
        Assert.Equal($"filename=\"{(await _server.AskAsync("GET", $"{at}/uuid")).Body}.dcm\"", data.ContentHeaders.GetValues("Content-Disposition").Single());
        Assert.Equal(file, data.Bytes);
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/compress")).Body);
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/uncompress")).Body);
        Assert.Equal("0", (await _server.AskAsync("GET", $"{at}/is-compressed")).Body);
        Assert.Equal(file, (await _server.AskAsync("GET", $"{at}/compressed-data")).Bytes);
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/verify-md5")).Body);
    }

    [Theory]
    [InlineData("bytes=128-131", 128, 4)]
    [InlineData("bytes=-3", 0, 4)]
    [InlineData("bytes=-", 0, -1)]
    [InlineData("bytes=140-", 140, -1)]
    public async Task ARangeIsServed(string range, int offset, int count)
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(302, 1, 1, 1);
        byte[] file = sample.ToFile();
        count = count < 0 ? file.Length - offset : count;
        string at = $"/instances/{(await _server.StoreAsync(sample)).Instance}/attachments/dicom/data";
        Answer part = await _server.AskAsync("GET", at, null, ("Range", range));
        Assert.Equal(206, (int)part.Status);
        Assert.Equal("application/octet-stream", part.ContentType);
        Assert.Equal($"bytes {offset}-{offset + count - 1}/{file.Length}", part.ContentHeaders.GetValues("Content-Range").Single());
        Assert.Equal(file.AsSpan(offset, count).ToArray(), part.Bytes);
        (await _server.AskAsync("GET", at, null, ("Range", $"bytes={file.Length}-"))).IsError(416, 41);
    }

    [Fact]
    public async Task TheOperationsOfAnAttachmentAreListed()
    {
        string at = $"/instances/{(await _server.StoreAsync(SyntheticInstance.Numbered(303, 1, 1, 1))).Instance}/attachments";
        Assert.Equal(["dicom"], (await _server.GetJsonAsync(at)).Strings());
        Assert.Equal(
            ["compress", "compressed-data", "compressed-md5", "compressed-size", "data", "info", "is-compressed", "md5", "size", "uncompress", "verify-md5", "uuid"],
            (await _server.GetJsonAsync($"{at}/dicom")).Strings());
    }

    [Fact]
    public async Task WhatIsWrongIsRefused()
    {
        string id = (await _server.StoreAsync(SyntheticInstance.Numbered(304, 1, 1, 1))).Instance;
        string at = $"/instances/{id}/attachments";
        (await _server.AskAsync("PUT", $"{at}/dicom", "x")).IsEmpty(403);
        (await _server.AskAsync("DELETE", $"{at}/dicom")).IsEmpty(403);
        (await _server.AskAsync("PUT", $"{at}/nope", "x")).IsError(404, 7);
        (await _server.AskAsync("GET", $"{at}/nope/data")).IsError(404, 7);
        (await _server.AskAsync("GET", $"{at}/1040")).IsError(404, 17);
        (await _server.AskAsync("POST", $"{at}/1040/compress")).IsError(404, 17);
        (await _server.AskAsync("POST", $"{at}/1040/verify-md5")).IsEmpty(400);
        (await _server.AskAsync("GET", "/instances/nope/attachments")).IsError(404, 17);
        (await _server.AskAsync("PUT", "/instances/nope/attachments/1040", "x")).IsError(404, 17);
        (await _server.AskAsync("GET", $"/series/{id}/attachments")).IsError(404, 17);
        Assert.Equal(405, (int)(await _server.AskAsync("PUT", $"{at}/dicom/data", "x")).Status);
    }

    [Fact]
    public async Task AnAttachmentOfTenMegabytesComesBackWhole()
    {
        byte[] large = new byte[10 << 20];
        new Span<byte>(large).Fill(7);
        large[^1] = 1;
        string at = $"/studies/{(await _server.StoreAsync(SyntheticInstance.Numbered(305, 1, 1, 1))).Study}/attachments/notes";
        using HttpResponseMessage put = await _server.Http.PutAsync(at, new ByteArrayContent(large));
        Assert.True(put.IsSuccessStatusCode, _server.Log);
        Assert.Equal("{}", (await _server.AskAsync("POST", $"{at}/compress")).Body);
        Assert.Equal(large, await _server.Http.GetByteArrayAsync($"{at}/data"));
        JsonNode statistics = await _server.GetJsonAsync(at[..at.IndexOf("/attachments", StringComparison.Ordinal)] + "/statistics");
        Assert.True(long.Parse((string)statistics["UncompressedSize"]!) > large.Length);
        Assert.True(long.Parse((string)statistics["DiskSize"]!) < 1 << 20);
    }
}
