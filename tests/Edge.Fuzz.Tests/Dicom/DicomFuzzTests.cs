using System.Text.Json;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Xunit;

namespace Edge.Fuzz.Tests.Dicom;

// A class per target: classes run side by side.

public sealed class ScannerFuzzTests(ITestOutputHelper output) : DicomFuzz(output)
{
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
}

public sealed class ReaderFuzzTests(ITestOutputHelper output) : DicomFuzz(output)
{
    [Fact]
    public void ReaderTakesAnything() => Run("reader", static (bytes, unused) =>
    {
        DicomFile file = DicomFile.Read(bytes, Limits);
        _ = DicomReader.ReadFile(new Windowed(bytes), Limits with { PixelData = PixelDataReading.Leave });
        _ = DicomReader.ReadFile(new Windowed(bytes), Limits with { PixelData = PixelDataReading.Stop });
        Touch(file.DataSet);
    });

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
}

public sealed class WriterFuzzTests(ITestOutputHelper output) : DicomFuzz(output)
{
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
}

public sealed class JsonFuzzTests(ITestOutputHelper output) : DicomFuzz(output)
{
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

    private static void Parse(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            write(writer);
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray(), new JsonDocumentOptions { MaxDepth = 1000 });
    }
}

public sealed class CharacterSetFuzzTests(ITestOutputHelper output) : DicomFuzz(output)
{
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
}
