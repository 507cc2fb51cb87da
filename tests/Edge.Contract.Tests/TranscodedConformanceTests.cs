using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>What is transcoded keeps to its definition: <c>dciodvfy</c> of dicom3tools finds nothing that it does not find in the file that came.</summary>
public sealed class TranscodedConformanceTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData(1, "1.2.840.10008.1.2")]
    [InlineData(2, "1.2.840.10008.1.2.2")]
    [InlineData(3, "1.2.840.10008.1.2.5")]
    [InlineData(4, "1.2.840.10008.1.2.4.50")]
    [InlineData(5, "1.2.840.10008.1.2.4.51")]
    [InlineData(6, "1.2.840.10008.1.2.4.57")]
    [InlineData(7, "1.2.840.10008.1.2.4.70")]
    [InlineData(8, "1.2.840.10008.1.2.4.80")]
    [InlineData(9, "1.2.840.10008.1.2.4.81")]
    [InlineData(10, "1.2.840.10008.1.2.4.90")]
    [InlineData(11, "1.2.840.10008.1.2.4.91")]
    public async Task NothingNewIsFound(int number, string syntax)
    {
        byte[] original = (SyntheticInstance.Numbered(981, 1, number, 1) with { Rows = 33, Columns = 47 }).ToFile();
        if (syntax == "1.2.840.10008.1.2.4.50")
        {
            // Baseline JPEG has 8 bits: of the file that came, too.
            original = NarrowTo8(original, 33 * 47);
        }

        string id = (string)(await _server.UploadAsync(original))["ID"]!;
        byte[] transcoded = await _server.Http.GetByteArrayAsync($"/instances/{id}/file?transcode={syntax}");
        HashSet<string> before = await FindingsAsync(original), after = await FindingsAsync(transcoded);
        Assert.NotEmpty(before); // the sample is not complete: the tool has looked
        after.ExceptWith(before);
        Assert.True(after.Count == 0, string.Join('\n', after));
    }

    private static byte[] NarrowTo8(byte[] file, int samples)
    {
        byte[] pixels = file[^(2 * samples)..];
        byte[] header = file[..^((2 * samples) + 12)];
        foreach ((byte element, byte value) in new[] { ((byte)0x00, (byte)8), ((byte)0x01, (byte)8), ((byte)0x02, (byte)7) })
        {
            int at = header.AsSpan().IndexOf(new byte[] { 0x28, 0, element, 1, (byte)'U', (byte)'S', 2, 0 });
            header[at + 8] = value;
        }

        int length = samples + (samples & 1);
        byte[] narrow = new byte[length];
        for (int i = 0; i < samples; i++)
        {
            narrow[i] = (byte)((pixels[2 * i] >> 4) | (pixels[(2 * i) + 1] << 4));
        }

        return [.. header, 0xe0, 0x7f, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, (byte)length, (byte)(length >> 8), 0, 0, .. narrow];
    }

    private static async Task<HashSet<string>> FindingsAsync(byte[] file)
    {
        using TemporaryFolder folder = new("edge-dciodvfy-");
        string path = folder.Combine("file.dcm");
        await File.WriteAllBytesAsync(path, file);
        ToolResult result = await Tool.RunAsync("dciodvfy", [path]);
        return [.. (result.Output + result.Error).Split('\n').Where(static line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal))];
    }
}
