using System.Net;
using System.Text;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Pictures and values of frames, and how what cannot be had is refused.</summary>
public sealed class ImageRouteTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly SyntheticInstance Sample = SyntheticInstance.Numbered(601, 1, 1, 1) with { Rows = 40, Columns = 50 };
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData(null, "image/png")]
    [InlineData("*/*", "image/png")]
    [InlineData("image/*", "image/png")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("image/x-portable-arbitrarymap", "image/x-portable-arbitrarymap")]
    [InlineData("image/png;q=0.5, image/jpeg;q=0.9", "image/jpeg")]
    [InlineData("image/x-portable-arbitrarymap, image/jpeg", "image/x-portable-arbitrarymap")]
    [InlineData("text/html, image/jpeg;q=0.1", "image/jpeg")]
    public async Task TheClientChoosesTheFile(string? accept, string expected)
    {
        string id = await IdAsync();
        Answer answer = await AskAsync($"/instances/{id}/preview", accept);
        Assert.Equal((HttpStatusCode.OK, expected), (answer.Status, answer.ContentType));
        string magic = expected switch { "image/jpeg" => "\u00ff\u00d8", "image/png" => "\u0089PNG", _ => "P7\nWIDTH 50\nHEIGHT 40\n" };
        Assert.StartsWith(magic, Encoding.Latin1.GetString(answer.Bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("preview", "image/gif", 404)]
    [InlineData("preview", "image/jpg", 404)]
    [InlineData("image-uint16", "image/jpeg", 404)]
    [InlineData("image-int16", "image/jpeg", 404)]
    [InlineData("preview?quality=0", "image/jpeg", 415)]
    [InlineData("preview?quality=abc", "image/png", 415)]
    [InlineData("rendered?smooth=x", "image/png", 415)]
    [InlineData("rendered?window-width=a", "image/png", 404)]
    [InlineData("rendered?width=-1", "image/png", 404)]
    [InlineData("rendered?width=60000&height=60000", "image/png", 415)]
    [InlineData("frames/1/preview", "image/png", 404)]
    [InlineData("frames/x/preview", "image/png", 404)]
    [InlineData("pdf", "*/*", 404)]
    public async Task WhatCannotBeHadIsRefusedWithoutABody(string route, string accept, int status) =>
        (await AskAsync($"/instances/{await IdAsync()}/{route}", accept)).IsEmpty(status);

    [Theory]
    [InlineData("frames/1/raw", 400, 3)]
    [InlineData("frames/1/raw.gz", 400, 3)]
    [InlineData("frames/1/matlab", 400, 3)]
    [InlineData("frames/1/numpy", 400, 3)]
    [InlineData("frames/x/numpy", 400, 3)]
    [InlineData("numpy?rescale=perhaps", 400, 3)]
    public async Task ValuesThatAreNotThereAreErrors(string route, int status, int code) =>
        (await AskAsync($"/instances/{await IdAsync()}/{route}", null)).IsError(status, code);

    [Fact]
    public async Task UnknownInstancesAreUnknown()
    {
        (await AskAsync("/instances/nope/preview", null)).IsEmpty(404);
        foreach (string route in new[] { "numpy", "matlab", "frames/0/raw", "pdf" })
        {
            (await AskAsync($"/instances/nope/{route}", null)).IsError(404, 17);
        }

        (await AskAsync("/series/nope/numpy", null)).IsError(404, 17);
    }

    [Fact]
    public async Task AFrameHasItsOperations()
    {
        Answer answer = await AskAsync($"/instances/{await IdAsync()}/frames/0", null);
        Assert.Equal(["image-int16", "image-uint16", "image-uint8", "matlab", "numpy", "preview", "raw", "raw.gz", "rendered"], answer.Json.Strings());
    }

    [Fact]
    public async Task RawBytesAreThoseOfTheFile()
    {
        string id = await IdAsync();
        Answer raw = await AskAsync($"/instances/{id}/frames/0/raw", null);
        Assert.Equal("application/octet-stream", raw.ContentType);
        Assert.Equal(Sample.Pixels(), raw.Bytes);
        Answer zipped = await AskAsync($"/instances/{id}/frames/0/raw.gz", null);
        Assert.Equal("application/gzip", zipped.ContentType);
        using System.IO.Compression.GZipStream gzip = new(new MemoryStream(zipped.Bytes), System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream plain = new();
        await gzip.CopyToAsync(plain);
        Assert.Equal(Sample.Pixels(), plain.ToArray());
    }

    [Fact]
    public async Task AFileWithoutPreambleHasItsPixels()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(604, 1, 1, 1) with { Rows = 40, Columns = 50 };
        string id = (string)(await _server.UploadAsync(sample.ToDataSet()))["ID"]!;
        Assert.Equal(sample.Pixels(), (await AskAsync($"/instances/{id}/frames/0/raw", null)).Bytes);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync($"/instances/{id}/preview", null)).Status);
    }

    /// <summary>Pixels in private elements: 2000 samples of 1000, the first whole, the rest a run of no difference.</summary>
    [Fact]
    public async Task AFrameInElscintsCodingIsDecoded()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(605, 1, 1, 1) with { Rows = 40, Columns = 50 };
        byte[] file = sample.ToFile();
        byte[] pixelTag = [0xe0, 0x7f, 0x10, 0x00];
        byte[] coded = [0x5a, 0xe8, 0x03, .. Enumerable.Repeat<byte[]>([0xa5, 0xff, 0x00], 8).SelectMany(static run => run)];
        file = [.. file[..file.AsSpan().LastIndexOf(pixelTag)], .. Private(0x0010, "LO", "ELSCINT1"u8), .. Private(0x100a, "OB", [.. coded, 0]), .. Private(0x1011, "CS", "PMSCT_RLE1"u8)];
        string id = (string)(await _server.UploadAsync(file))["ID"]!;
        byte[] raw = (await AskAsync($"/instances/{id}/frames/0/raw", null)).Bytes;
        Assert.Equal(Enumerable.Repeat((ushort)1000, 2000), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(raw).ToArray());
        Assert.Equal(HttpStatusCode.OK, (await AskAsync($"/instances/{id}/preview", null)).Status);

        static byte[] Private(ushort element, string vr, ReadOnlySpan<byte> value) =>
        [
            0xa1, 0x07, (byte)element, (byte)(element >> 8), .. Encoding.ASCII.GetBytes(vr),
            .. vr == "OB" ? (byte[])[0, 0, (byte)value.Length, 0, 0, 0] : [(byte)value.Length, 0], .. value,
        ];
    }

    [Fact]
    public async Task MatlabGetsStoredValues()
    {
        string text = (await AskAsync($"/instances/{await IdAsync()}/matlab", null)).Body;
        byte[] pixels = Sample.Pixels();
        Assert.StartsWith($"double([ {BitConverter.ToUInt16(pixels, 0)} {BitConverter.ToUInt16(pixels, 2)} ", text, StringComparison.Ordinal);
        Assert.Equal(39, text.Split(" ; ").Length - 1);
    }

    /// <summary>Python's numpy opens what is sent, whatever the form.</summary>
    [Fact]
    public async Task NumpyReadsArrays()
    {
        SyntheticInstance second = SyntheticInstance.Numbered(601, 1, 1, 2) with { Rows = 40, Columns = 50 };
        (_, _, string series, string id) = await _server.StoreAsync(Sample);
        await _server.StoreAsync(second);
        string folder = Directory.CreateTempSubdirectory("edge-numpy-").FullName;
        try
        {
            foreach ((string name, string path) in new[]
            {
                ("frame.npy", $"/instances/{id}/frames/0/numpy"), ("stored.npy", $"/instances/{id}/numpy?rescale=0"), ("series.npy", $"/series/{series}/numpy"),
                ("frame.npz", $"/instances/{id}/frames/0/numpy?compress"), ("series.npz", $"/series/{series}/numpy?compress=true&rescale=false"),
            })
            {
                Answer answer = await AskAsync(path, null);
                Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (answer.Status, answer.ContentType));
                await File.WriteAllBytesAsync(Path.Combine(folder, name), answer.Bytes);
            }

            await File.WriteAllBytesAsync(Path.Combine(folder, "first.raw"), Sample.Pixels());
            await File.WriteAllBytesAsync(Path.Combine(folder, "second.raw"), second.Pixels());
            const string script = """
                import sys, os, numpy as np
                at = lambda n: os.path.join(sys.argv[1], n)
                a = np.fromfile(at('first.raw'), '<u2').reshape(40, 50, 1); b = np.fromfile(at('second.raw'), '<u2').reshape(40, 50, 1)
                def same(x, y, t): assert x.dtype == t and x.shape == y.shape and (x == y).all(), (x.dtype, x.shape, y.shape)
                same(np.load(at('frame.npy')), a, np.float32)
                same(np.load(at('stored.npy')), a[None], np.uint16)
                same(np.load(at('series.npy')), np.stack([a, b]), np.float32)
                same(np.load(at('frame.npz'))['arr_0'], a, np.float32)
                same(np.load(at('series.npz'))['arr_0'], np.stack([a, b]), np.uint16)
                """;
            ToolResult python = await Tool.RunAsync("/usr/bin/python3", "-c", script, folder);
            Assert.True(python.ExitCode == 0, python.Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task SlicesOfOtherSizesAreNoVolume()
    {
        (_, _, string series, _) = await _server.StoreAsync(SyntheticInstance.Numbered(602, 1, 1, 1));
        await _server.StoreAsync(SyntheticInstance.Numbered(602, 1, 1, 2) with { Rows = 20 });
        (await AskAsync($"/series/{series}/numpy", null)).IsError(500, 24);
    }

    /// <summary>Rows that claim more pixels than the file has: refused at once, whatever they claim.</summary>
    [Theory]
    [InlineData(41)]
    [InlineData(65535)]
    public async Task LyingDimensionsAreUnsupportedMedia(int rows)
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(603, rows, 1, 1) with { Rows = 40, Columns = 50 };
        byte[] file = sample.ToFile();
        int at = file.AsSpan().IndexOf(new byte[] { 0x28, 0, 0x10, 0, (byte)'U', (byte)'S' });
        BitConverter.TryWriteBytes(file.AsSpan(at + 8), (ushort)rows);
        string id = (string)(await _server.UploadAsync(file))["ID"]!;
        (await AskAsync($"/instances/{id}/preview", null)).IsEmpty(415);
        Answer redirect = await AskAsync($"/instances/{id}/frames/0/preview?returnUnsupportedImage", null);
        Assert.Equal(HttpStatusCode.TemporaryRedirect, redirect.Status);
        Assert.Equal("../../../../app/images/unsupported.png", redirect.Headers.Location!.OriginalString);
        (await AskAsync($"/instances/{id}/numpy?rescale=0", null)).IsError(400, 15);
    }

    private async Task<string> IdAsync() => (await _server.StoreAsync(Sample)).Instance;

    private Task<Answer> AskAsync(string path, string? accept) => accept is null ? _server.AskAsync("GET", path) : _server.AskAsync("GET", path, null, ("Accept", accept));
}
