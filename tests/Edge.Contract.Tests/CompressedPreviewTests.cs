using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Previews of compressed frames are those of the same frames uncompressed.</summary>
public sealed class CompressedPreviewTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData(1, "dcmcrle")]
    [InlineData(2, "dcmcjpeg", "+e1")]
    [InlineData(3, "dcmcjpeg", "+el", "+sv", "6")]
    [InlineData(4, "dcmcjpls", "+el")]
    public async Task LosslessFramesLookLikeNativeOnes(int number, string tool, params string[] arguments)
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(501, 1, number, 1) with { Rows = 61, Columns = 75 };
        byte[] native = await PreviewAsync(sample.ToFile());
        SyntheticInstance other = sample with { SopInstanceUid = sample.SopInstanceUid + ".2" };
        byte[] compressed = await PreviewAsync(await CompressAsync(other.ToFile(), tool, arguments));
        Assert.Equal(native, compressed);
    }

    [Fact]
    public async Task LossyFramesAreShown()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(501, 2, 1, 1) with { Rows = 61, Columns = 75 };
        byte[] png = await PreviewAsync(await CompressAsync(sample.ToFile(), "dcmcjpeg", "+ee"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
    }

    [Fact]
    public async Task ADamagedCodestreamIsUnsupportedMedia()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(501, 3, 1, 1);
        byte[] file = await CompressAsync(sample.ToFile(), "dcmcjpeg", "+e1");
        // The frame header claims other dimensions.
        int frame = file.AsSpan().LastIndexOf(new byte[] { 0xff, 0xc3 });
        file[frame + 5] = 0xff;
        string id = (string)(await _server.UploadAsync(file))["ID"]!;
        using HttpResponseMessage answer = await _server.Http.GetAsync($"/instances/{id}/preview");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    private async Task<byte[]> PreviewAsync(byte[] file)
    {
        JsonNode stored = await _server.UploadAsync(file);
        return await _server.Http.GetByteArrayAsync($"/instances/{(string)stored["ID"]!}/preview");
    }

    private static async Task<byte[]> CompressAsync(byte[] file, string tool, params string[] arguments)
    {
        string from = Path.GetTempFileName(), to = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(from, file);
            ToolResult result = await Tool.RunAsync(tool, [.. arguments, "+un", from, to]);
            Assert.True(result.ExitCode == 0, result.Error);
            return await File.ReadAllBytesAsync(to);
        }
        finally
        {
            File.Delete(from);
            File.Delete(to);
        }
    }
}
