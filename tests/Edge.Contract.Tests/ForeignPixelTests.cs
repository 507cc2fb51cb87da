using System.Buffers.Binary;
using System.Net;
using System.Text;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Pixels that Orthanc does not show without a plugin, or at all: high-throughput JPEG 2000, and native YCbCr.</summary>
public sealed class ForeignPixelTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData(1, "1.2.840.10008.1.2.4.201")]
    [InlineData(2, "1.2.840.10008.1.2.4.202")]
    [InlineData(3, "1.2.840.10008.1.2.4.203")]
    public async Task HighThroughputIsShownAndTranscoded(int number, string syntax)
    {
        byte[] codestream = await File.ReadAllBytesAsync(Path.Combine(RepositoryPaths.Root, "tests/Edge.Golden.Tests/Codecs/HighThroughput/61x37x1-12-blocks16x64.j2c"));
        SyntheticInstance sample = SyntheticInstance.Numbered(611, 1, number, 1) with { Rows = 37, Columns = 61 };
        string id = (string)(await _server.UploadAsync(Encapsulate(sample, syntax, codestream)))["ID"]!;
        byte[] decoded = await _server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode={ExplicitLittleEndian}");
        // What OpenJPEG makes of it.
        using TemporaryFolder folder = new("edge-ht-");
        await File.WriteAllBytesAsync(folder.Combine("in.j2k"), codestream);
        ToolResult result = await Tool.RunAsync("opj_decompress", ["-i", folder.Combine("in.j2k"), "-o", folder.Combine("out.rawl")]);
        Assert.True(result.ExitCode == 0, result.Error);
        byte[] pixels = await File.ReadAllBytesAsync(folder.Combine("out.rawl"));
        Assert.Equal(pixels, decoded[^pixels.Length..]);
        // The frame itself is given as it lies in the file.
        Assert.Equal(codestream, (await _server.Http.GetByteArrayAsync($"/instances/{id}/frames/0/raw"))[..codestream.Length]);
        // Pictures and arrays are those of the same pixels uncompressed.
        string other = (string)(await _server.UploadAsync(Patch(decoded, sample.SopInstanceUid, number)))["ID"]!;
        Assert.NotEqual(id, other);
        foreach (string route in new[] { "preview", "rendered", "image-uint16", "frames/0/numpy", "frames/0/matlab" })
        {
            Assert.Equal(await _server.Http.GetByteArrayAsync($"/instances/{other}/{route}"), await _server.Http.GetByteArrayAsync($"/instances/{id}/{route}"));
        }
    }

    [Theory]
    [InlineData(1, "YBR_FULL", 3)]
    [InlineData(2, "YBR_FULL_422", 2)]
    public async Task NativeYcbcrIsShownAsRgb(int number, string photometric, int bytesOfPixel)
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(612, 1, number, 1) with { Rows = 8, Columns = 10 };
        using TemporaryFolder folder = new("edge-ybr-");
        await File.WriteAllBytesAsync(folder.Combine("in.dcm"), sample.ToFile());
        // Red, or red and black that share their colour.
        byte[] pixel = bytesOfPixel == 3 ? [76, 85, 255] : [76, 0, 85, 255];
        await File.WriteAllBytesAsync(folder.Combine("pixels"), [.. Enumerable.Repeat(pixel, 80 * bytesOfPixel / pixel.Length).SelectMany(static one => one)]);
        ToolResult result = await Tool.RunAsync("dcmodify", ["-nb", "-m", "SamplesPerPixel=3", "-m", $"PhotometricInterpretation={photometric}", "-i", "PlanarConfiguration=0", "-m", "BitsAllocated=8", "-m", "BitsStored=8", "-m", "HighBit=7", "-mf", $"PixelData={folder.Combine("pixels")}", folder.Combine("in.dcm")]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        string id = (string)(await _server.UploadAsync(await File.ReadAllBytesAsync(folder.Combine("in.dcm"))))["ID"]!;
        byte[] expected = bytesOfPixel == 3 ? [254, 0, 0, 254, 0, 0] : [254, 0, 0, 178, 0, 0];
        using HttpRequestMessage request = new(HttpMethod.Get, $"/instances/{id}/preview");
        request.Headers.Accept.ParseAdd("image/x-portable-arbitrarymap");
        using HttpResponseMessage picture = await _server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, picture.StatusCode);
        Assert.Equal(expected, (await picture.Content.ReadAsByteArrayAsync())[^6..]);
        byte[] array = await _server.Http.GetByteArrayAsync($"/instances/{id}/frames/0/numpy");
        Assert.Equal(128 + (80 * 3), array.Length);
        Assert.Equal(expected, array[^6..]);
        Assert.Equal(80 * bytesOfPixel, (await _server.Http.GetByteArrayAsync($"/instances/{id}/frames/0/raw")).Length);
    }

    // The meta information with another transfer syntax, and one fragment in place of the pixels.
    private static byte[] Encapsulate(SyntheticInstance sample, string syntax, byte[] codestream)
    {
        byte[] file = sample.ToFile(), from = Encoding.ASCII.GetBytes(ExplicitLittleEndian + "\0"), to = Encoding.ASCII.GetBytes(syntax + "\0");
        int at = file.AsSpan().IndexOf(from), pixels = file.Length - sample.Pixels().Length - 12;
        file[at - 2] = (byte)to.Length;
        file[140] += (byte)(to.Length - from.Length);
        byte[] padded = codestream.Length % 2 == 0 ? codestream : [.. codestream, 0], length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, padded.Length);
        byte[] tag = [0xe0, 0x7f, 0x10, 0, (byte)'O', (byte)'B', 0, 0, 0xff, 0xff, 0xff, 0xff], item = [0xfe, 0xff, 0x00, 0xe0], end = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
        return [.. file[..at], .. to, .. file[(at + from.Length)..pixels], .. tag, .. item, 0, 0, 0, 0, .. item, .. length, .. padded, .. end];
    }

    // The same under another SOP instance UID of the same length.
    private static byte[] Patch(byte[] file, string uid, int number)
    {
        byte[] bytes = [.. file], from = Encoding.ASCII.GetBytes(uid), to = Encoding.ASCII.GetBytes(uid[..^1] + (7 + (number % 3)));
        for (int at = bytes.AsSpan().IndexOf(from); at >= 0; at = bytes.AsSpan().IndexOf(from))
        {
            to.CopyTo(bytes, at);
        }

        return bytes;
    }
}
