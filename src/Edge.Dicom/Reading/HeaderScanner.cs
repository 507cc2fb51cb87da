using System.Buffers;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>
/// Reads headers forward-only, at memory speed, building no data set: from memory, from a prefix of what is still coming, or from a source
/// of any length, of which only headers and kept values are read. Stops at pixel data. Safe for concurrent use with one result each.
/// </summary>
public static partial class HeaderScanner
{
    private const int WindowSize = 32 << 10;

    /// <summary>No more of a deflated data set than this is inflated to reach pixel data.</summary>
    private const long MaximumInflated = 512L << 20;

    private const int MaximumDepth = 100;

    /// <summary>Scans a file, or a prefix of one that is <paramref name="totalLength"/> bytes long.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM, or cannot be read on.</exception>
    public static ScanOutcome Scan(ReadOnlySpan<byte> prefix, long totalLength, ScanPlan plan, HeaderScan result)
    {
        result.Reset(plan);
        var window = new ScanWindow(prefix, totalLength);
        if (!ScanMeta(ref window, result))
        {
            return result.Outcome;
        }

        return result.TransferSyntax.IsDeflated
            ? ScanDeflated(prefix[(int)Math.Min(result.DataSetOffset, prefix.Length)..], prefix.Length < totalLength, totalLength, result)
            : ScanElements(ref window, result.DataSetOffset, result);
    }

    /// <summary>Scans a bare data set (of a C-STORE), or a prefix of one. Offsets count from its start.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM, or cannot be read on.</exception>
    public static ScanOutcome ScanDataSet(ReadOnlySpan<byte> prefix, long totalLength, TransferSyntax syntax, ScanPlan plan, HeaderScan result)
    {
        result.Reset(plan);
        result.TransferSyntax = syntax;
        if (syntax.IsDeflated)
        {
            return ScanDeflated(prefix, prefix.Length < totalLength, totalLength, result);
        }

        var window = new ScanWindow(prefix, totalLength);
        return SettleEncoding(ref window, 0, result) ? ScanElements(ref window, 0, result) : result.Outcome;
    }

    /// <summary>Scans a source of any length through a window; elements are skipped by offset.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM, or cannot be read on.</exception>
    public static ScanOutcome Scan(IByteSource source, ScanPlan plan, HeaderScan result)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WindowSize);
        try
        {
            result.Reset(plan);
            var window = new ScanWindow(source, buffer.AsSpan(0, WindowSize));
            if (!ScanMeta(ref window, result))
            {
                return result.Outcome;
            }

            return result.TransferSyntax.IsDeflated
                ? ScanDeflated(() => new ByteSourceStream(source, result.DataSetOffset), false, source.Length, result)
                : ScanElements(ref window, result.DataSetOffset, result);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Scans a bare data set of any length. Offsets count from its start.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM, or cannot be read on.</exception>
    public static ScanOutcome ScanDataSet(IByteSource source, TransferSyntax syntax, ScanPlan plan, HeaderScan result)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WindowSize);
        try
        {
            result.Reset(plan);
            result.TransferSyntax = syntax;
            if (syntax.IsDeflated)
            {
                return ScanDeflated(() => new ByteSourceStream(source, 0), false, source.Length, result);
            }

            var window = new ScanWindow(source, buffer.AsSpan(0, WindowSize));
            return SettleEncoding(ref window, 0, result) ? ScanElements(ref window, 0, result) : result.Outcome;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads meta information alone: where and how the data set begins.</summary>
    internal static void FindDataSet(ReadOnlySpan<byte> file, HeaderScan result)
    {
        result.Reset(ScanPlan.Identifiers);
        var window = new ScanWindow(file, file.Length);
        if (!ScanMeta(ref window, result))
        {
            // The end lies inside of the meta information: there is no data set.
            result.DataSetOffset = file.Length;
        }

        if (result.TransferSyntax.IsDeflated)
        {
            result.Encoding = HeaderEncoding.ExplicitLittle;
        }
    }

    private static unsafe ScanOutcome ScanDeflated(ReadOnlySpan<byte> deflated, bool isPrefix, long total, HeaderScan result)
    {
        fixed (byte* pointer = deflated)
        {
            if (deflated.Length == 0)
            {
                return isPrefix ? NeedMore(result, result.DataSetOffset + 1, total) : result.Outcome;
            }

            // The span is pinned until the scan returns.
            nint address = (nint)pointer;
            int length = deflated.Length;
            return ScanDeflated(() => new UnmanagedMemoryStream((byte*)address, length), isPrefix, total, result);
        }
    }

    private static ScanOutcome ScanDeflated(Func<Stream> open, bool isPrefix, long total, HeaderScan result)
    {
        long offset = result.DataSetOffset;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WindowSize);
        try
        {
            using var inflater = new InflatingByteSource(open, MaximumInflated);
            var window = new ScanWindow(inflater, buffer.AsSpan(0, WindowSize));
            result.Encoding = HeaderEncoding.ExplicitLittle;
            ScanOutcome outcome = ScanElements(ref window, 0, result);
            if (window.Total >= MaximumInflated && !result.HasPixelData && outcome == ScanOutcome.Truncated)
            {
                throw new DicomFormatException($"The deflated data set is larger than {MaximumInflated} bytes");
            }

            // Offsets inside of what is inflated are none of the file.
            result.PixelDataOffset = result.PixelDataValueOffset = null;
            if (inflater.IsDamaged && !isPrefix)
            {
                result.Note(DamageKind.Truncated, 0, window.Total, 0);
                return result.Outcome = result.HasPixelData ? outcome : ScanOutcome.Truncated;
            }

            // A prefix inflates to a prefix: its end is not the data set's.
            return isPrefix && !result.HasPixelData ? NeedMore(result, Math.Min(total, offset + inflater.DeflatedPosition + WindowSize), total) : outcome;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ScanOutcome NeedMore(HeaderScan result, long bytes, long total)
    {
        result.BytesNeeded = Math.Min(bytes, total);
        return result.Outcome = ScanOutcome.NeedsMore;
    }

    /// <summary>The outcome where bytes are not at hand: beyond the prefix, or beyond the end.</summary>
    private static ScanOutcome Missing(ref ScanWindow window, HeaderScan result, uint tag, long at, long end)
    {
        if (end <= window.Total)
        {
            return NeedMore(result, Math.Max(end, at + ElementHeader.Most), window.Total);
        }

        result.Note(DamageKind.Truncated, tag, at, end - window.Total);
        return result.Outcome = ScanOutcome.Truncated;
    }

    /// <summary>Decides on the encoding by the first element; false where the prefix is too short for that.</summary>
    private static bool SettleEncoding(ref ScanWindow window, long offset, HeaderScan result)
    {
        HeaderEncoding declared = HeaderEncoding.Of(result.TransferSyntax);
        result.Encoding = declared;
        if (!TryPeek(ref window, offset, out ReadOnlySpan<byte> start))
        {
            if (offset < window.Total && window.Total - offset >= ElementHeader.Least)
            {
                NeedMore(result, offset + ElementHeader.Most, window.Total);
                return false;
            }

            return true;
        }

        HeaderEncoding real = EncodingGuess.Check(declared, start, window.Total - offset);
        if (real != declared)
        {
            result.Encoding = real;
            result.Note(DamageKind.WrongTransferSyntax, 0x00020010, offset);
            if (result.TransferSyntax.IsNative)
            {
                result.TransferSyntax = EncodingGuess.SyntaxOf(real);
            }
        }

        return true;
    }

    /// <summary>Up to twelve bytes at an offset, at least eight.</summary>
    private static bool TryPeek(ref ScanWindow window, long offset, out ReadOnlySpan<byte> bytes)
    {
        if (window.TryGet(offset, ElementHeader.Most, out bytes))
        {
            return true;
        }

        long rest = window.Total - offset;
        return rest is >= ElementHeader.Least and < ElementHeader.Most && window.TryGet(offset, (int)rest, out bytes);
    }
}
