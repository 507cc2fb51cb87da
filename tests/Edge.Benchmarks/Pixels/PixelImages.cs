using System.Buffers.Binary;
using System.Text;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.TestKit;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Pixels;

/// <summary>The images that both servers get: variants of one native file, compressed by DCMTK and GDCM, not by the code that is measured.</summary>
internal static class PixelImages
{
    private static readonly (string Name, string Tool, string Option)[] Compressors =
    [
        ("JPEG lossless", "dcmcjpeg", "+e1"),
        ("JPEG-LS", "dcmcjpls", "+el"),
        ("J2K", "gdcmconv", "--j2k"),
        ("RLE", "dcmcrle", ""),
    ];

    /// <summary>By name of the syntax; each of the syntaxes is a study, and no two images are alike.</summary>
    public static async Task<Dictionary<string, byte[][]>> MakeAsync(byte[] template, int native, int compressed)
    {
        Dictionary<string, byte[][]> images = new() { ["native"] = [.. Enumerable.Range(0, native).Select(n => Vary(template, 1, n))] };
        using TemporaryFolder folder = new("edge-pixels-");
        string from = folder.Combine("from"), to = folder.Combine("to");
        for (int kind = 0; kind < Compressors.Length; kind++)
        {
            (string name, string tool, string option) = Compressors[kind];
            List<byte[]> files = [];
            for (int n = 0; n < compressed; n++)
            {
                await File.WriteAllBytesAsync(from, Vary(template, 2 + kind, n));
                ToolResult result = await Tool.RunAsync(tool, option.Length > 0 ? [option, from, to] : [from, to]);
                files.Add(result.ExitCode == 0 ? await File.ReadAllBytesAsync(to) : throw new InvalidOperationException($"{tool}: {result.Error}"));
            }

            images.Add(name, [.. files]);
        }

        return images;
    }

    /// <summary>The rows are turned by a number of their own, and the last digits of the identifiers changed.</summary>
    private static byte[] Vary(byte[] template, int study, int number)
    {
        DataSet data = DicomReader.ReadFile(template).DataSet;
        int pixels = data.Find(DicomTags.PixelData) is { Fragments: null } element ? element.Value.Length : throw new InvalidOperationException("the file has no native pixel data");
        byte[] varied = [.. template];
        int header = template.AsSpan().LastIndexOf(data.Find(DicomTags.PixelData)!.Value.Span);
        Number(varied.AsSpan(0, header), data.GetString(DicomTags.StudyInstanceUID)!, study);
        Number(varied.AsSpan(0, header), data.GetString(DicomTags.SeriesInstanceUID)!, study);
        Number(varied.AsSpan(0, header), data.GetString(DicomTags.SOPInstanceUID)!, (1000 * study) + number);
        int stride = pixels / data.GetInt32(DicomTags.Rows)!.Value;
        int turned = number * 37 * stride % pixels;
        template.AsSpan(header + turned, pixels - turned).CopyTo(varied.AsSpan(header));
        template.AsSpan(header, turned).CopyTo(varied.AsSpan(header + pixels - turned));
        return varied;
    }

    private static void Number(Span<byte> header, string uid, int number)
    {
        byte[] old = Encoding.ASCII.GetBytes(uid);
        byte[] changed = Encoding.ASCII.GetBytes(uid[..^5] + number.ToString("D5", System.Globalization.CultureInfo.InvariantCulture));
        if (uid[^5] == '.' || uid[^6] == '.')
        {
            throw new InvalidOperationException($"{uid} ends in too short a number to be varied");
        }

        for (int at; (at = header.IndexOf(old)) >= 0; header = header[(at + old.Length)..])
        {
            changed.CopyTo(header[at..]);
        }
    }
}
