using System.Diagnostics;
using System.Text.Json;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Json;

/// <summary>
/// DCMTK reads our files as we do: its <c>dcm2json</c> gives the same tags, VRs, numbers and text as our DICOM JSON, for the files of the
/// corpus and for built ones in every encoding. <c>build.sh test</c> installs dcmtk; without it these tests fail.
/// </summary>
public sealed class DcmtkOracleTests
{
    // Damage that DCMTK refuses or reads otherwise, and files that leave their VRs to newer dictionaries than DCMTK's.
    private static readonly HashSet<string> Excluded = new(StringComparer.Ordinal)
    {
        "README", "no_meta.dcm", "MR_truncated.dcm", "rtplan_truncated.dcm", "SC_rgb_jpeg.dcm", "meta_missing_tsyntax.dcm", "DICOMDIR-nooffset",
    };

    [Fact]
    public void BuiltFilesReadTheSame()
    {
        foreach (TransferSyntax syntax in new[] { TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian, TransferSyntax.DeflatedExplicitVrLittleEndian })
        {
            Assert.True(Compare("built " + syntax.Uid, Samples.File(syntax, undefinedLengths: syntax.IsBigEndian)));
        }
    }

    [Fact]
    public void CorpusFilesReadTheSame()
    {
        int passed = 0, compared = 0;
        foreach (string path in Corpus.Files)
        {
            if (!Excluded.Contains(Path.GetFileName(path)) && !path.Contains("TINY_ALPHA") && !path.EndsWith(".txt", StringComparison.Ordinal))
            {
                compared++;
                passed += Compare(path, File.ReadAllBytes(path)) ? 1 : 0;
            }
        }

        Assert.True(passed >= compared * 9 / 10, $"{passed} of {compared}");
    }

    private static bool Compare(string name, byte[] bytes)
    {
        DicomFile head = DicomFile.Read(bytes, DicomReadOptions.HeaderOnly);
        if (head.TransferSyntax.IsEncapsulated)
        {
            // dcm2json refuses fragments: the head alone, written by us, is what it reads.
            head.TransferSyntax = TransferSyntax.ExplicitVrLittleEndian;
            bytes = head.ToArray();
        }

        if (Dcm2Json(name, bytes) is not { } json)
        {
            return false;
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            DicomWebJson.Write(writer, head.DataSet);
        }

        using JsonDocument ours = JsonDocument.Parse(stream.ToArray());
        using JsonDocument theirs = JsonDocument.Parse(json);
        Same(name, theirs.RootElement, ours.RootElement, isTop: true);
        return true;
    }

    private static void Same(string path, JsonElement theirs, JsonElement ours, bool isTop)
    {
        string[] Keys(JsonElement set) =>
            [.. set.EnumerateObject().Select(p => p.Name).Where(k => !k.EndsWith("0000", StringComparison.Ordinal) && (!isTop || string.CompareOrdinal(k, "7FE00000") < 0)).Order(StringComparer.Ordinal)];
        Assert.True(Keys(theirs).SequenceEqual(Keys(ours)), $"{path}: {string.Join(' ', Keys(theirs).Except(Keys(ours)))} / {string.Join(' ', Keys(ours).Except(Keys(theirs)))}");
        foreach (string key in Keys(theirs))
        {
            JsonElement a = theirs.GetProperty(key), b = ours.GetProperty(key);
            string vr = a.GetProperty("vr").GetString()!;
            string at = $"{path} {key} {vr}";
            if (vr == "UN" || b.GetProperty("vr").GetString() == "UN")
            {
                continue;
            }

            Assert.True(vr == b.GetProperty("vr").GetString(), $"{at}: ours {b.GetProperty("vr")}");
            if (vr == "SQ")
            {
                JsonElement[] items = Values(a), own = Values(b);
                Assert.True(items.Length == own.Length, at);
                for (int i = 0; i < items.Length; i++)
                {
                    Same($"{at}[{i}]", items[i], own[i], isTop: false);
                }
            }
            else if (vr is "US" or "SS" or "UL" or "SL" or "IS" or "DS" or "FD" or "FL")
            {
                Assert.True(Numbers(a).SequenceEqual(Numbers(b)), $"{at}: {a} / {b}");
            }
            else if (vr is "UI" or "DA" or "TM" or "CS" or "AE" or "SH" or "LO" && key != "00080005")
            {
                Assert.True(Values(a).Select(Text).SequenceEqual(Values(b).Select(Text)), $"{at}: {a} / {b}");
            }
        }
    }

    private static JsonElement[] Values(JsonElement node) => node.TryGetProperty("Value", out JsonElement values) ? [.. values.EnumerateArray()] : [];

    // What is no number DCMTK leaves as text, and we drop as Orthanc does.
    private static IEnumerable<double> Numbers(JsonElement node) => Values(node).Select(Number).OfType<double>();

    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => Math.Abs(value.GetDouble()) < 1e-30 ? 0 : (float)value.GetDouble(),
        JsonValueKind.String => double.TryParse(value.GetString(), System.Globalization.CultureInfo.InvariantCulture, out double number) ? (float)number : null,
        _ => null,
    };

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.Null ? "" : value.GetString()?.Trim(' ');

    private static byte[]? Dcm2Json(string name, byte[] bytes)
    {
        string path = Path.Combine(Path.GetTempPath(), $"edge-oracle-{Guid.NewGuid():N}.dcm");
        File.WriteAllBytes(path, bytes);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("dcm2json", ["-q", path]) { RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new InvalidOperationException("dcm2json does not start");
            Task<string> errors = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            // DCMTK's converter lacks some sets (ISO 2022 IR 87 and others, by the system's iconv).
            if (errors.Result.Contains("character encoding", StringComparison.Ordinal))
            {
                return null;
            }

            Assert.True(process.ExitCode == 0, $"{name}: dcm2json: {errors.Result}");
            return output.ToArray();
        }
        finally
        {
            File.Delete(path);
        }
    }
}
