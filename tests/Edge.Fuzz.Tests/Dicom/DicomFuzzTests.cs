using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Xunit;

namespace Edge.Fuzz.Tests.Dicom;

/// <summary>
/// Mutated files through each part of the room: nothing but <see cref="DicomFormatException"/> escapes, memory stays in proportion, and what is
/// written reads back equal. EDGE_FUZZ_SECONDS bounds each target (20; 300 with EDGE_SOAK=1), EDGE_FUZZ_SEED repeats a run.
/// </summary>
public sealed class DicomFuzzTests(ITestOutputHelper output)
{
    // A mutant may inflate; otherwise objects take up to some 20 times the bytes of the densest input.
    private const long MemoryPerInput = 64;
    private const long MemoryFloor = 8 << 20;

    private static readonly DicomReadOptions Limits = new() { MaximumLoadedLength = 4 << 20, MaximumElements = 100_000 };

    private static readonly ScanPlan Plan = new(MainTags.Default.All.Append(DicomTags.ReferencedStudySequence), readsPastPixelData: true);

    [Fact]
    public void ScannerTakesAnything() => Run("scanner", static (bytes, mutator) =>
    {
        var scan = new HeaderScan();
        ScanOutcome whole = HeaderScanner.Scan(bytes, bytes.Length, Plan, scan);
        Assert.NotEqual(ScanOutcome.NeedsMore, whole);
        string? id = scan.GetString(DicomTags.SOPInstanceUID);
        _ = scan.GetSequence(DicomTags.ReferencedStudySequence);
        _ = (scan.Rows, scan.NumberOfFrames, scan.MediaStorageSopClassUid, scan.PhotometricInterpretation);
        if (scan.PixelDataOffset is { } offset)
        {
            Assert.InRange(offset, 0, bytes.Length);
        }

        // Through a window the same, and a prefix never says otherwise without asking for more.
        var windowed = new HeaderScan();
        Assert.Equal(whole, HeaderScanner.Scan(new Windowed(bytes), Plan, windowed));
        Assert.Equal(id, windowed.GetString(DicomTags.SOPInstanceUID));
        Assert.Equal(scan.PixelDataOffset, windowed.PixelDataOffset);
        int length = mutator.Next(bytes.Length + 1);
        ScanOutcome prefix = HeaderScanner.Scan(bytes.AsSpan(0, length), bytes.Length, Plan, windowed);
        if (prefix == ScanOutcome.NeedsMore)
        {
            Assert.InRange(windowed.BytesNeeded, length + 1, bytes.Length);
        }
    });

    [Fact]
    public void ReaderTakesAnything() => Run("reader", static (bytes, unused) =>
    {
        DicomFile file = DicomFile.Read(bytes, Limits);
        _ = DicomReader.ReadFile(new Windowed(bytes), Limits with { PixelData = PixelDataReading.Leave });
        _ = DicomReader.ReadFile(new Windowed(bytes), Limits with { PixelData = PixelDataReading.Stop });
        Touch(file.DataSet);
    });

    [Fact]
    public void WhatIsWrittenReadsBackEqual() => Run("writer", static (bytes, mutator) =>
    {
        DicomFile file = DicomFile.Read(bytes, Limits);
        byte[] written = file.ToArray();
        DicomFile again;
        try
        {
            again = DicomFile.Read(written, Limits with { MaximumLoadedLength = 64 << 20 });
        }
        catch (DicomFormatException) when (file.Meta is null || file.DataSet.Count == 0 || !file.TransferSyntax.IsKnown)
        {
            // Without meta information the encoding of what a mutation left first may not be guessed again.
            return;
        }

        // Mutations that cut the meta information in two leave the other half in the data set, where no reader can tell it from meta information.
        bool isCut = file.Meta is null || file.Notes.Any(note => note.Kind == DamageKind.BadMeta) || file.DataSet.Any(e => e.Tag.Group is 0x0002 or 0x0200);
        if (!isCut && !again.TransferSyntax.IsDeflated)
        {
            Assert.Equal(written, again.ToArray());
        }

        TransferSyntax[] syntaxes = [TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian, TransferSyntax.ExplicitVrLittleEndian];
        TransferSyntax syntax = syntaxes[mutator.Next(syntaxes.Length)];
        foreach (SequenceLengths lengths in new[] { SequenceLengths.Defined, SequenceLengths.Undefined })
        {
            byte[] other = DicomWriter.ToArray(file.DataSet, syntax, new DicomWriteOptions { SequenceLengths = lengths });
            Assert.Equal(other.Length, DicomWriter.Measure(file.DataSet, syntax, new DicomWriteOptions { SequenceLengths = lengths }));
        }
    });

    [Fact]
    public void JsonOfAnythingIsJson() => Run("json", static (bytes, unused) =>
    {
        DicomFile file = DicomFile.Read(bytes, Limits);
        foreach (TagFormat format in Enum.GetValues<TagFormat>())
        {
            Parse(writer => OrthancTagsJson.Write(writer, file.DataSet, format));
            Parse(writer => OrthancTagsJson.WriteHeader(writer, file.Meta, format));
        }

        Parse(writer => DicomWebJson.Write(writer, file.DataSet));
        using var xml = new MemoryStream();
        DicomWebXml.Write(xml, file.DataSet);
        xml.Position = 0;
        using var reader = System.Xml.XmlReader.Create(xml);
        while (reader.Read())
        {
        }

        if (file.DataSet.Count > 0)
        {
            _ = ContentPath.Find(file.DataSet, [file.DataSet[0].Tag.ToDashString(), "0"]);
        }

        try
        {
            _ = OrthancIdentifiers.From(file.DataSet);
        }
        catch (EdgeException error) when (error.Code is ErrorCode.InexistentTag or ErrorCode.BadFileFormat or ErrorCode.BadParameterType)
        {
        }
    });

    [Fact]
    public void CharacterSetsTakeAnything()
    {
        string[] values =
        [
            "", "ISO_IR 100", "ISO_IR 192", "GB18030", "GBK", "ISO_IR 13", "ISO 2022 IR 13\\ISO 2022 IR 87", "\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 149",
            "\\ISO 2022 IR 58", "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126", "nonsense", "ISO_IR 166",
        ];
        Run("characters", (bytes, mutator) =>
        {
            ReadOnlySpan<byte> text = bytes.AsSpan(0, Math.Min(bytes.Length, 512));
            SpecificCharacterSet set = SpecificCharacterSet.FromValue(values[mutator.Next(values.Length)], OrthancEncoding.Latin1);
            _ = SpecificCharacterSet.FromValue(text, OrthancEncoding.Latin1);
            foreach (Vr vr in new[] { Vr.PN, Vr.LO, Vr.LT })
            {
                string decoded = set.Decode(text, vr);
                string again = set.Decode(set.Encode(decoded, vr), vr);
                if (set.CanEncode(decoded) && vr == Vr.LT)
                {
                    Assert.Equal(decoded, again);
                }
            }
        });
    }

    private static void Touch(DataSet dataSet)
    {
        foreach (DicomElement element in dataSet)
        {
            _ = (dataSet.GetString(element.Tag), dataSet.GetStrings(element.Tag), dataSet.GetDouble(element.Tag), dataSet.GetInteger(element.Tag), element.ToString());
            foreach (DataSet item in element.Items ?? [])
            {
                Touch(item);
            }
        }
    }

    private static void Parse(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            write(writer);
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray(), new JsonDocumentOptions { MaxDepth = 1000 });
    }

    private void Run(string target, Action<byte[], Mutator> attack)
    {
        int seed = Setting("EDGE_FUZZ_SEED") ?? Environment.TickCount;
        int seconds = Setting("EDGE_FUZZ_SECONDS") ?? (Environment.GetEnvironmentVariable("EDGE_SOAK") == "1" ? 300 : 20);
        output.WriteLine($"{target}: EDGE_FUZZ_SEED={seed}, {seconds} s, {Seeds.Files.Count} seeds");
        var mutator = new Mutator(seed);
        var watch = Stopwatch.StartNew();
        long rounds = 0, refused = 0;
        for (; watch.Elapsed.TotalSeconds < seconds; rounds++)
        {
            byte[] bytes = mutator.Mutate(Seeds.Files[mutator.Next(Seeds.Files.Count)], Seeds.Files);
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = watch.ElapsedMilliseconds;
            try
            {
                attack(bytes, mutator);
            }
            catch (DicomFormatException)
            {
                refused++;
            }
            catch (Exception error)
            {
                string path = Path.Combine(Path.GetTempPath(), $"edge-fuzz-{target}-{seed}.bin");
                File.WriteAllBytes(path, bytes);
                throw new InvalidOperationException($"{target}: seed {seed}, round {rounds}, input {path}: {error.Message}", error);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MemoryFloor * 8 + bytes.Length * MemoryPerInput, $"{target}: seed {seed}, round {rounds}: {allocated} bytes allocated for {bytes.Length}");
            Assert.True(watch.ElapsedMilliseconds - started < 5000, $"{target}: seed {seed}, round {rounds}: took {watch.ElapsedMilliseconds - started} ms");
        }

        output.WriteLine($"{target}: {rounds} inputs, {refused} refused");
        Assert.True(rounds > 100, $"{rounds} rounds");
        Assert.True(refused < rounds, "everything was refused");
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    private sealed class Windowed(byte[] bytes) : IByteSource
    {
        private readonly MemoryByteSource _memory = new(bytes);

        public long Length => bytes.Length;

        public int Read(long offset, Span<byte> destination) => _memory.Read(offset, destination);
    }
}
