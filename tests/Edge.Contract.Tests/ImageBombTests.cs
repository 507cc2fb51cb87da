using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Small files that claim huge frames: every image route refuses them soon, with little memory, and goes on.</summary>
public sealed class ImageBombTests : IAsyncLifetime
{
    // Of the server's memory, whatever it did before: less than one such frame would need.
    private const double MostMegabytes = 300;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly string[] Routes =
    [
        "preview", "rendered", "image-uint8", "image-uint16", "image-int16", "matlab", "numpy", "frames/0/preview", "frames/0/rendered", "frames/0/image-uint8",
        "frames/0/image-uint16", "frames/0/image-int16", "frames/0/matlab", "frames/0/numpy", "numpy?compress=true", "rendered?width=100", "preview?returnUnsupportedImage=false",
        "file?transcode=1.2.840.10008.1.2.4.80", "file?transcode=1.2.840.10008.1.2.1",
    ];

    private EdgeServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EdgeServer.StartNewAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("native", SyntheticInstance.ExplicitLittleEndian)]
    [InlineData("RLE", "1.2.840.10008.1.2.5")]
    [InlineData("JPEG", "1.2.840.10008.1.2.4.50")]
    [InlineData("lossless JPEG", "1.2.840.10008.1.2.4.70")]
    [InlineData("JPEG-LS", "1.2.840.10008.1.2.4.80")]
    [InlineData("JPEG 2000", "1.2.840.10008.1.2.4.90")]
    public async Task AHugeFrameIsRefused(string kind, string syntax)
    {
        foreach (int side in new[] { 65535, 16000 })
        {
            string id = (string)(await _server.UploadAsync(Bomb(kind, syntax, side)))["ID"]!;
            foreach (string route in Routes)
            {
                Stopwatch clock = Stopwatch.StartNew();
                using HttpResponseMessage answer = await _server.Http.GetAsync($"/instances/{id}/{route}");
                byte[] body = await answer.Content.ReadAsByteArrayAsync();
                // returnUnsupportedImage leads elsewhere. The file as it was stored is what Orthanc gives where nothing can be transcoded to its own syntax.
                bool isOwn = route.EndsWith("=" + syntax, StringComparison.Ordinal);
                Assert.True(isOwn || answer.StatusCode >= HttpStatusCode.MultipleChoices, $"{kind} {side} {route}: {(int)answer.StatusCode}, {body.Length} bytes");
                Assert.True(clock.Elapsed < Soon, $"{kind} {side} {route}: {clock.Elapsed}");
            }
        }

        double peak = PeakMegabytes(_server.ProcessId);
        Assert.True(peak < MostMegabytes, $"{kind}: {peak:F0} MB");
        // It serves as before.
        string good = (string)(await _server.UploadAsync((SyntheticInstance.Numbered(980, 1, 1, 1) with { Rows = 64, Columns = 64 }).ToFile()))["ID"]!;
        Assert.NotEmpty(await _server.Http.GetByteArrayAsync($"/instances/{good}/preview"));
    }

    private static byte[] Bomb(string kind, string syntax, int side)
    {
        byte[] file = (SyntheticInstance.Numbered(980, 2, side, kind.Length + (kind[0] * 100)) with { Rows = 4, Columns = 4 }).ToFile();
        int pixels = file.AsSpan().LastIndexOf(new byte[] { 0xe0, 0x7f, 0x10, 0x00 });
        Patch(file, 0x0010, side);
        Patch(file, 0x0011, side);
        if (kind == "native")
        {
            return file;
        }

        ArrayBufferWriter<byte> packed = new();
        packed.Write(SetSyntax(file.AsSpan(0, pixels), syntax));
        byte[] stream = Codestream(kind, side);
        packed.Write((ReadOnlySpan<byte>)[0xe0, 0x7f, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x00, 0xe0]);
        BinaryPrimitives.WriteInt32LittleEndian(packed.GetSpan(4), stream.Length);
        packed.Advance(4);
        packed.Write(stream);
        packed.Write((ReadOnlySpan<byte>)[0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        return packed.WrittenSpan.ToArray();
    }

    /// <summary>Headers that claim the frame, and next to nothing after them.</summary>
    private static byte[] Codestream(string kind, int side)
    {
        byte high = (byte)(side >> 8), low = (byte)side;
        byte[] jpegTable = [0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        switch (kind)
        {
            case "RLE":
                byte[] rle = new byte[64 + 64];
                rle[0] = 2;
                rle[4] = 64;
                rle[8] = 96;
                // Runs of 128 zeros.
                rle.AsSpan(64).Fill(0x81);
                return rle;
            case "JPEG":
                byte[] quantization = [0xff, 0xdb, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64)];
                byte[] alternating = [.. jpegTable];
                alternating[4] = 0x10;
                return [0xff, 0xd8, .. quantization, 0xff, 0xc0, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0, .. jpegTable, .. alternating, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0, 0, 0, 0xff, 0xd9];
            case "lossless JPEG":
                return [0xff, 0xd8, 0xff, 0xc3, 0, 11, 12, high, low, high, low, 1, 1, 0x11, 0, .. jpegTable, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xd9];
            case "JPEG-LS":
                return [0xff, 0xd8, 0xff, 0xf7, 0, 11, 12, high, low, high, low, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f, 0xff, 0xd9];
            default:
                byte[] size = [0, 0, high, low, 0, 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0];
                byte[] tile = [0, 0, high, low, 0, 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0];
                return
                [
                    0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0, .. size, .. tile, 0, 1, 11, 1, 1, 0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 4, 4, 0, 1,
                    0xff, 0x5c, 0, 19, 0x40, 0x40, 0x48, 0x48, 0x50, 0x48, 0x48, 0x50, 0x48, 0x48, 0x50, 0x48, 0x48, 0x50, 0x48, 0x48, 0x50,
                    0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x93, 0xc0, 0x7c, 0x21, 0x80, 0x0f, 0xb1, 0x76, 0xff, 0xd9,
                ];
        }
    }

    // The elements of group 0028 have values of two bytes in explicit little endian.
    private static void Patch(byte[] file, int element, int value)
    {
        int at = file.AsSpan().IndexOf(new byte[] { 0x28, 0, (byte)element, 0, (byte)'U', (byte)'S', 2, 0 });
        Assert.True(at > 0);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at + 8), (ushort)value);
    }

    // Another length of the meta information, too (PS3.10 7.1).
    private static byte[] SetSyntax(ReadOnlySpan<byte> file, string syntax)
    {
        byte[] old = Value(SyntheticInstance.ExplicitLittleEndian), changed = Value(syntax);
        int at = file.IndexOf(old);
        byte[] whole = [.. file[..at], .. changed, .. file[(at + old.Length)..]];
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(140), BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(140)) + changed.Length - old.Length);
        return whole;

        static byte[] Value(string uid)
        {
            byte[] text = Encoding.ASCII.GetBytes(uid.Length % 2 == 0 ? uid : uid + '\0');
            return [0x02, 0, 0x10, 0, (byte)'U', (byte)'I', (byte)text.Length, 0, .. text];
        }
    }

    private static double PeakMegabytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(static one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
