using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.TestKit;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Imaging;

/// <summary>
/// What DCMTK and GDCM need to decode the same frames: the user time of the tool over a file of many frames, less that over a file of one, so
/// that neither its start nor its tables count. What they read was compressed by them.
/// </summary>
internal static partial class ToolDecoders
{
    private const int Children = -1, Rounds = 3;

    private static readonly (string Syntax, bool IsNarrow, string[] Compress, string[][] Decompress)[] Families =
    [
        ("JPEG lossless", false, ["dcmcjpeg", "+e1"], [["dcmdjpeg"], ["gdcmconv", "--raw"]]),
        ("JPEG-LS", false, ["dcmcjpls", "+el"], [["dcmdjpls"], ["gdcmconv", "--raw"]]),
        ("RLE", false, ["dcmcrle"], [["dcmdrle"], ["gdcmconv", "--raw"]]),
        ("JPEG 8-bit", true, ["dcmcjpeg", "+eb"], [["dcmdjpeg"], ["gdcmconv", "--raw"]]),
        ("JPEG 2000", false, ["gdcmconv", "--j2k"], [["gdcmconv", "--raw"]]),
    ];

    /// <param name="file">A file with native pixels of one frame.</param>
    /// <param name="frame">Them.</param>
    /// <param name="narrow">The same as 8 bits.</param>
    /// <param name="frames">How many the long file gets.</param>
    public static async Task MeasureAsync(DicomFile file, byte[] frame, byte[] narrow, int frames)
    {
        using TemporaryFolder folder = new("edge-tools-");
        foreach ((string syntax, bool isNarrow, string[] compress, string[][] decompress) in Families)
        {
            byte[] pixels = isNarrow ? narrow : frame;
            string one = await MakeAsync(folder, file, pixels, 1, isNarrow, compress), many = await MakeAsync(folder, file, pixels, frames, isNarrow, compress);
            foreach (string[] tool in decompress)
            {
                double[] seconds = new double[Rounds];
                for (int round = 0; round < Rounds; round++)
                {
                    seconds[round] = await UserSecondsAsync(folder, tool, many) - await UserSecondsAsync(folder, tool, one);
                }

                Array.Sort(seconds);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{syntax,-14} {tool[0],-9} decode {(frames - 1) * (double)pixels.Length / 1e6 / seconds[Rounds / 2]:F0} MB/s"));
            }
        }
    }

    private static async Task<string> MakeAsync(TemporaryFolder folder, DicomFile file, byte[] frame, int frames, bool isNarrow, string[] compress)
    {
        DataSet data = file.DataSet;
        byte[] value = new byte[frame.Length * frames];
        int stride = frame.Length / data.GetInt32(DicomTags.Rows)!.Value;
        for (int i = 0; i < frames; i++)
        {
            // Turned by a few rows each, so that no two are alike.
            int turned = i * 37 * stride % frame.Length;
            frame.AsSpan(turned).CopyTo(value.AsSpan(i * frame.Length));
            frame.AsSpan(0, turned).CopyTo(value.AsSpan(((i + 1) * frame.Length) - turned));
        }

        data.SetString(DicomTags.NumberOfFrames, frames.ToString(CultureInfo.InvariantCulture), Vr.IS);
        int bits = isNarrow ? 8 : 16, stored = isNarrow ? 8 : 12;
        data.SetInteger(DicomTags.BitsAllocated, bits, Vr.US);
        data.SetInteger(DicomTags.BitsStored, stored, Vr.US);
        data.SetInteger(DicomTags.HighBit, stored - 1, Vr.US);
        data.Set(new DicomElement(DicomTags.PixelData, isNarrow ? Vr.OB : Vr.OW, value));
        string plain = folder.Combine("plain"), packed = folder.Combine($"packed{frames}");
        await File.WriteAllBytesAsync(plain, DicomWriter.ToArray(file));
        await RunAsync([.. compress, plain, packed]);
        return packed;
    }

    private static async Task<double> UserSecondsAsync(TemporaryFolder folder, string[] tool, string file)
    {
        double before = UserSeconds();
        await RunAsync([.. tool, file, folder.Combine("decoded")]);
        return UserSeconds() - before;
    }

    private static async Task RunAsync(string[] command)
    {
        ToolResult result = await Tool.RunAsync(command[0], command[1..]);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]}: {result.Error}");
        }
    }

    // Of processes that have ended (getrusage(2)).
    private static double UserSeconds()
    {
        Span<long> usage = stackalloc long[18];
        return GetResourceUsage(Children, ref MemoryMarshal.GetReference(usage)) == 0 ? usage[0] + (usage[1] / 1e6) : throw new InvalidOperationException("getrusage failed");
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, ref long usage);
}
