using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Transfer syntaxes change on the way out and on the way in.</summary>
public sealed class TranscodingTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData(1, "1.2.840.10008.1.2")]
    [InlineData(2, "1.2.840.10008.1.2.4.57")]
    [InlineData(3, "1.2.840.10008.1.2.4.70")]
    [InlineData(4, "1.2.840.10008.1.2.4.80")]
    [InlineData(5, "1.2.840.10008.1.2.4.90")]
    [InlineData(6, "1.2.840.10008.1.2.5")]
    public async Task AFileIsDownloadedInAnotherSyntax(int number, string syntax)
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(701, 1, number, 1) with { Rows = 33, Columns = 47 };
        string id = (string)(await _server.UploadAsync(sample.ToFile()))["ID"]!;
        byte[] file = await _server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode={syntax}");
        Assert.Equal(syntax, await DumpAsync(file, "0002,0010"));
        Assert.Equal(sample.SopInstanceUid, await DumpAsync(file, "0008,0018"));
        // GDCM reads what we made: its native form is the file that was sent.
        byte[] native = await ConvertAsync(file, "gdcmconv", "--raw");
        Assert.True(sample.ToFile().AsSpan()[^(33 * 47 * 2)..].SequenceEqual(native.AsSpan()[^(33 * 47 * 2)..]));
    }

    [Fact]
    public async Task AnUnknownSyntaxIsABadRequestAndAnImpossibleOneNotFound()
    {
        string id = (string)(await _server.UploadAsync(SyntheticInstance.Numbered(702, 1, 1, 1).ToFile()))["ID"]!;
        using HttpResponseMessage unknown = await _server.Http.GetAsync($"/instances/{id}/file?transcode=nope");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        using HttpResponseMessage video = await _server.Http.GetAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.4.100");
        Assert.Equal(HttpStatusCode.NotFound, video.StatusCode);
        using HttpResponseMessage quality = await _server.Http.GetAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.4.91&lossy-quality=1000");
        Assert.Equal(HttpStatusCode.BadRequest, quality.StatusCode);
    }

    [Fact]
    public async Task LossyQualityMakesFilesLarger()
    {
        string id = (string)(await _server.UploadAsync((SyntheticInstance.Numbered(703, 1, 1, 1) with { Rows = 64, Columns = 64 }).ToFile()))["ID"]!;
        byte[] low = await _server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.4.91&lossy-quality=40");
        byte[] high = await _server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.4.91&lossy-quality=95");
        Assert.True(low.Length < high.Length, $"{low.Length} and {high.Length}");
        Assert.Equal("01", await DumpAsync(low, "0028,2110"));
    }

    [Fact]
    public async Task WhatComesInIsTranscoded()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["IngestTranscoding"] = "1.2.840.10008.1.2.4.90");
        SyntheticInstance sample = SyntheticInstance.Numbered(704, 1, 1, 1) with { Rows = 40, Columns = 56 };
        JsonNode stored = await server.UploadAsync(sample.ToFile());
        string id = (string)stored["ID"]!;
        Assert.Equal("1.2.840.10008.1.2.4.90", await server.Http.GetStringAsync($"/instances/{id}/metadata/TransferSyntax"));
        byte[] file = await server.Http.GetByteArrayAsync($"/instances/{id}/file");
        Assert.Equal("1.2.840.10008.1.2.4.90", await DumpAsync(file, "0002,0010"));
        byte[] native = await server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.1");
        Assert.True(sample.ToFile().AsSpan()[^(40 * 56 * 2)..].SequenceEqual(native.AsSpan()[^(40 * 56 * 2)..]));
        // Twice the same instance: what was stored under another syntax is still it.
        Assert.Equal("AlreadyStored", (string)(await server.UploadAsync(sample.ToFile()))["Status"]!);
    }

    /// <summary><c>ReconstructFiles</c> gives what was stored before the option was set the transfer syntax that it asks for; the instance stays itself.</summary>
    [Fact]
    public async Task ReconstructionTranscodesWhatWasStoredBefore()
    {
        using TemporaryFolder folder = new("edge-retranscode-");
        SyntheticInstance sample = SyntheticInstance.Numbered(707, 1, 1, 1) with { Rows = 40, Columns = 56 };
        byte[] damaged = await ConvertAsync((SyntheticInstance.Numbered(707, 1, 1, 2) with { Rows = 64, Columns = 64 }).ToFile(), "gdcmconv", "--jpegls");
        damaged.AsSpan((damaged.Length * 3 / 4)..^16).Fill(0xff);
        string study, id, unreadable;
        byte[] original = sample.ToFile();
        await using (EdgeServer before = await EdgeServer.StartNewAsync(folder: folder))
        {
            (_, study, _, id) = await before.StoreAsync(sample);
            unreadable = (string)(await before.UploadAsync(damaged))["ID"]!;
            await before.StopAsync();
        }

        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["IngestTranscoding"] = "1.2.840.10008.1.2.4.90", folder);
        (await server.AskAsync("POST", $"/studies/{study}/reconstruct")).IsEmpty(200);
        Assert.Equal("1.2.840.10008.1.2.1", await server.Http.GetStringAsync($"/instances/{id}/metadata/TransferSyntax"));
        (await server.AskAsync("POST", $"/studies/{study}/reconstruct", "{\"ReconstructFiles\": true}")).IsEmpty(200);
        Assert.Equal("1.2.840.10008.1.2.4.90", await server.Http.GetStringAsync($"/instances/{id}/metadata/TransferSyntax"));
        byte[] file = await server.Http.GetByteArrayAsync($"/instances/{id}/file");
        Assert.Equal("1.2.840.10008.1.2.4.90", await DumpAsync(file, "0002,0010"));
        Assert.Equal(sample.SopInstanceUid, await DumpAsync(file, "0008,0018"));
        Assert.Equal([0xe0, 0x7f, 0x10, 0x00], file[int.Parse(await server.Http.GetStringAsync($"/instances/{id}/metadata/PixelDataOffset"), CultureInfo.InvariantCulture)..][..4]);
        byte[] native = await server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode=1.2.840.10008.1.2.1");
        Assert.True(original.AsSpan()[^(40 * 56 * 2)..].SequenceEqual(native.AsSpan()[^(40 * 56 * 2)..]));
        // What cannot be decoded stays as it is, as at reception.
        Assert.Equal("1.2.840.10008.1.2.4.80", await server.Http.GetStringAsync($"/instances/{unreadable}/metadata/TransferSyntax"));
        Assert.Equal(damaged, await server.Http.GetByteArrayAsync($"/instances/{unreadable}/file"));
        // A second time there is nothing to do: revisions stay.
        string revision = (await server.AskAsync("GET", $"/instances/{id}/attachments/dicom/md5")).Body;
        JsonNode info = await server.GetJsonAsync($"/instances/{id}/attachments/dicom/info");
        (await server.AskAsync("POST", "/tools/reconstruct", "{\"ReconstructFiles\": true}")).IsEmpty(200);
        Assert.Equal(revision, (await server.AskAsync("GET", $"/instances/{id}/attachments/dicom/md5")).Body);
        Assert.Equal((string)info["Uuid"]!, (string)(await server.GetJsonAsync($"/instances/{id}/attachments/dicom/info"))["Uuid"]!);
        Assert.Equal(HttpStatusCode.OK, (await server.AskAsync("POST", $"/instances/{id}/attachments/dicom/verify-md5", "")).Status);
    }

    /// <summary>A syntax with loss would make another instance: files stay as they are.</summary>
    [Fact]
    public async Task ReconstructionLosesNothing()
    {
        using TemporaryFolder folder = new("edge-retranscode-");
        string study, id;
        await using (EdgeServer before = await EdgeServer.StartNewAsync(folder: folder))
        {
            (_, study, _, id) = await before.StoreAsync(SyntheticInstance.Numbered(708, 1, 1, 1));
            await before.StopAsync();
        }

        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["IngestTranscoding"] = "1.2.840.10008.1.2.4.91", folder);
        byte[] file = await server.Http.GetByteArrayAsync($"/instances/{id}/file");
        (await server.AskAsync("POST", $"/studies/{study}/reconstruct", "{\"ReconstructFiles\": true}")).IsEmpty(200);
        Assert.Equal(file, await server.Http.GetByteArrayAsync($"/instances/{id}/file"));
    }

    [Fact]
    public async Task CompressedOnesCanBeLeftAsTheyCome()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration =>
        {
            configuration["IngestTranscoding"] = "1.2.840.10008.1.2.1";
            configuration["IngestTranscodingOfCompressed"] = false;
        });
        byte[] compressed = await ConvertAsync(SyntheticInstance.Numbered(705, 1, 1, 1).ToFile(), "gdcmconv", "--j2k");
        string id = (string)(await server.UploadAsync(compressed))["ID"]!;
        Assert.Equal("1.2.840.10008.1.2.4.90", await server.Http.GetStringAsync($"/instances/{id}/metadata/TransferSyntax"));
        using HttpResponseMessage preview = await server.Http.GetAsync($"/instances/{id}/preview");
        Assert.Equal(HttpStatusCode.OK, preview.StatusCode);
    }

    /// <summary>A peer that knows implicit little endian alone gets what is stored as JPEG 2000.</summary>
    [Fact]
    public async Task WhatAModalityRefusesIsSentDecoded()
    {
        using TemporaryFolder folder = new("edge-storescp-");
        SyntheticInstance sample = SyntheticInstance.Numbered(706, 1, 1, 1) with { Rows = 30, Columns = 22 };
        byte[] compressed = await ConvertAsync(sample.ToFile(), "gdcmconv", "--j2k");
        string id = (string)(await _server.UploadAsync(compressed))["ID"]!;
        await using EdgeServer receiver = await EdgeServer.StartNewAsync(static configuration => configuration["AcceptedTransferSyntaxes"] = new JsonArray("1.2.840.10008.1.2"));
        using StringContent modality = new($"[\"ORTHANC\", \"127.0.0.1\", {receiver.DicomPort}]");
        (await _server.Http.PutAsync("/modalities/plain", modality)).EnsureSuccessStatusCode();
        using StringContent body = new(id);
        using HttpResponseMessage sent = await _server.Http.PostAsync("/modalities/plain/store", body);
        Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync());
        byte[] received = await receiver.Http.GetByteArrayAsync($"/instances/{id}/file");
        Assert.Equal("1.2.840.10008.1.2", await DumpAsync(received, "0002,0010"));
        Assert.True(sample.ToFile().AsSpan()[^(30 * 22 * 2)..].SequenceEqual(received.AsSpan()[^(30 * 22 * 2)..]));
        using StringContent guarded = new($"{{\"AET\": \"ORTHANC\", \"Host\": \"127.0.0.1\", \"Port\": {receiver.DicomPort}, \"AllowTranscoding\": false}}");
        (await _server.Http.PutAsync("/modalities/guarded", guarded)).EnsureSuccessStatusCode();
        using StringContent again = new(id);
        using HttpResponseMessage refused = await _server.Http.PostAsync("/modalities/guarded/store", again);
        Assert.False(refused.IsSuccessStatusCode);
    }

    private static async Task<string> DumpAsync(byte[] file, string tag)
    {
        using TemporaryFolder folder = new("edge-dump-");
        string path = folder.Combine("file.dcm");
        await File.WriteAllBytesAsync(path, file);
        ToolResult result = await Tool.RunAsync("dcmdump", ["-Un", "+P", tag, path]);
        string output = result.Output;
        int from = output.IndexOf('['), to = output.IndexOf(']', Math.Max(from, 0));
        return from >= 0 ? output[(from + 1)..to].Trim() : output.Split(' ', 4) is [_, _, var value, ..] ? value.TrimStart('=') : output;
    }

    private static async Task<byte[]> ConvertAsync(byte[] file, string tool, params string[] arguments)
    {
        using TemporaryFolder folder = new("edge-convert-");
        await File.WriteAllBytesAsync(folder.Combine("in.dcm"), file);
        ToolResult result = await Tool.RunAsync(tool, [.. arguments, folder.Combine("in.dcm"), folder.Combine("out.dcm")]);
        Assert.True(result.ExitCode == 0, result.Error);
        return await File.ReadAllBytesAsync(folder.Combine("out.dcm"));
    }
}
