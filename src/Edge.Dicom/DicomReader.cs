using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Dicom;

/// <summary>Reads files and data sets into the editing model. Damage is got over where its meaning is plain, and noted.</summary>
public static class DicomReader
{
    /// <summary>Reads a file from memory; values are slices of it. With or without preamble and meta information.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM, or is nested or populated beyond the limits.</exception>
    public static DicomFile ReadFile(ReadOnlyMemory<byte> file, DicomReadOptions? options = null)
    {
        options ??= DicomReadOptions.Default;
        var scan = new HeaderScan();
        DataSetStart start = DataSetStart.Find(file, scan);
        return Build(file, start, options, file.Length);
    }

    /// <summary>Reads a file from a source of any length. What is loaded (all, or all but pixel data) must stay within the limit.</summary>
    /// <exception cref="DicomFormatException">As above, and for more to load than the limit.</exception>
    public static DicomFile ReadFile(IByteSource source, DicomReadOptions? options = null)
    {
        options ??= DicomReadOptions.Default;
        if (source is MemoryByteSource memory)
        {
            return ReadFile(memory.Memory, options);
        }

        var scan = new HeaderScan();
        ScanOutcome outcome = HeaderScanner.Scan(source, ScanPlan.Identifiers, scan);
        if (options.PixelData == PixelDataReading.Load || outcome != ScanOutcome.Complete || scan.PixelDataOffset is not { } pixels)
        {
            return ReadFile(Load(source, 0, source.Length, options), options);
        }

        ReadOnlyMemory<byte> head = Load(source, 0, pixels, options);
        DicomFile file = Build(head, DataSetStart.Find(head, new HeaderScan()), options, source.Length, stopped: options.PixelData == PixelDataReading.Stop);
        if (options.PixelData == PixelDataReading.Leave)
        {
            AppendLeft(file.DataSet, source, scan, options);
        }

        return file;
    }

    /// <summary>Reads a bare data set of a known transfer syntax: of a DIMSE message.</summary>
    /// <exception cref="DicomFormatException">As above.</exception>
    public static DataSet ReadDataSet(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadOptions? options = null) =>
        ReadDataSet(bytes, syntax, out _, options);

    /// <summary>As <see cref="ReadDataSet(ReadOnlyMemory{byte}, TransferSyntax, DicomReadOptions?)"/>, with what was found damaged.</summary>
    /// <exception cref="DicomFormatException">As above.</exception>
    public static DataSet ReadDataSet(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, out IReadOnlyList<DamageNote> notes, DicomReadOptions? options = null)
    {
        options ??= DicomReadOptions.Default;
        var dataSet = new DataSet(32) { DefaultEncoding = options.DefaultEncoding };
        if (syntax.IsDeflated)
        {
            bytes = Inflate(bytes, options, out _);
        }

        ReadOnlySpan<byte> start = bytes.Span[..Math.Min(bytes.Length, ElementHeader.Most)];
        var parser = new DataSetParser(bytes, EncodingGuess.Check(HeaderEncoding.Of(syntax), start, bytes.Length), options);
        parser.ParseTop(dataSet, 0);
        notes = parser.Notes;
        return dataSet;
    }

    private static DicomFile Build(ReadOnlyMemory<byte> file, in DataSetStart start, DicomReadOptions options, long total, bool stopped = false)
    {
        var dataSet = new DataSet(64) { DefaultEncoding = options.DefaultEncoding };
        ReadOnlyMemory<byte> bytes = file;
        int at = (int)start.Offset;
        bool damaged = false;
        if (start.Syntax.IsDeflated)
        {
            bytes = Inflate(file[at..], options, out damaged);
            at = 0;
        }

        var parser = new DataSetParser(bytes, start.Encoding, options);
        parser.ParseTop(dataSet, at);
        List<DamageNote> notes = [.. start.Notes, .. parser.Notes];
        if (damaged)
        {
            notes.Add(new DamageNote(DamageKind.Truncated, default, total, 0));
        }

        return new DicomFile(start.HasMeta ? ReadMeta(file[..(int)start.Offset], start, notes) : null, dataSet, start.Syntax)
        {
            HasPreamble = start.HasPreamble,
            Preamble = start.HasPreamble ? file[..128] : null,
            Notes = notes,
            StoppedBeforePixelData = parser.HasStopped || stopped,
        };
    }

    private static DataSet ReadMeta(ReadOnlyMemory<byte> head, in DataSetStart start, List<DamageNote> notes)
    {
        int at = start.HasPreamble ? 132 : 0;
        var meta = new DataSet(12);
        HeaderEncoding encoding = head.Length - at >= 8 && VrInfo.FromBytes(head.Span[at + 4], head.Span[at + 5]) == Vr.None
            ? HeaderEncoding.ImplicitLittle
            : HeaderEncoding.ExplicitLittle;
        var parser = new DataSetParser(head, encoding, DicomReadOptions.Default);
        parser.ParseTop(meta, at);
        notes.AddRange(parser.Notes);
        return meta;
    }

    private static byte[] Inflate(ReadOnlyMemory<byte> deflated, DicomReadOptions options, out bool isDamaged)
    {
        using var inflater = new InflatingByteSource(() => new ByteSourceStream(new MemoryByteSource(deflated), 0), long.MaxValue);
        byte[] inflated = inflater.ReadAll(options.MaximumLoadedLength);
        isDamaged = inflater.IsDamaged;
        return inflated;
    }

    private static byte[] Load(IByteSource source, long offset, long length, DicomReadOptions options)
    {
        if (length > options.MaximumLoadedLength)
        {
            throw new DicomFormatException($"{length} bytes to load, more than {options.MaximumLoadedLength}");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)length);
        int count = source.Read(offset, bytes);
        if (count < bytes.Length)
        {
            Array.Resize(ref bytes, count);
        }

        return bytes;
    }

    /// <summary>Pixel data as a range of its source, then what follows it.</summary>
    private static void AppendLeft(DataSet dataSet, IByteSource source, HeaderScan scan, DicomReadOptions options)
    {
        long start = scan.PixelDataValueOffset!.Value;
        bool isUndefined = scan.PixelDataLength is null;
        long end = isUndefined ? EndOfFragments(source, start, scan.Encoding, out long next) : next = Math.Min(source.Length, start + scan.PixelDataLength!.Value);
        dataSet.Append(DicomElement.Left(
            scan.PixelDataTag, scan.PixelDataVr, new ExternalValue(source, start, end - start), isUndefined, scan.Encoding.IsBigEndian));
        if (next < source.Length)
        {
            var parser = new DataSetParser(Load(source, next, source.Length - next, options), scan.Encoding, options);
            parser.ParseTop(dataSet, 0);
        }
    }

    private static long EndOfFragments(IByteSource source, long at, HeaderEncoding encoding, out long next)
    {
        Span<byte> bytes = stackalloc byte[ElementHeader.Least];
        while (source.Read(at, bytes) == bytes.Length)
        {
            ElementHeader.TryRead(bytes, encoding with { IsExplicitVr = false }, source.Length - at, out ElementHeader header);
            if (header.Tag != ElementHeader.Item || header.IsUndefined || at + bytes.Length + header.Length > source.Length)
            {
                next = header.Tag == ElementHeader.SequenceDelimiter ? at + bytes.Length : header.Tag == ElementHeader.Item ? source.Length : at;
                return header.Tag == ElementHeader.Item ? source.Length : at;
            }

            at += bytes.Length + header.Length;
        }

        next = source.Length;
        return source.Length;
    }

    /// <summary>Where and how the data set of a file begins.</summary>
    private readonly record struct DataSetStart(
        long Offset, TransferSyntax Syntax, HeaderEncoding Encoding, bool HasPreamble, bool HasMeta, IReadOnlyList<DamageNote> Notes)
    {
        public static DataSetStart Find(ReadOnlyMemory<byte> file, HeaderScan scan)
        {
            HeaderScanner.FindDataSet(file.Span, scan);
            return new DataSetStart(scan.DataSetOffset, scan.TransferSyntax, scan.Encoding, scan.HasPreamble, scan.HasMeta, [.. scan.Notes]);
        }
    }
}
