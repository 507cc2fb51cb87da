using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Dicom.Reading;

namespace Edge.Imaging.Encapsulation;

/// <summary>A part of a frame's codestream: where it lies in the source, without its item header.</summary>
public readonly record struct Fragment(long Offset, int Length);

/// <summary>The extended offset table, (7FE0,0001) and (7FE0,0002): the values as they stand, little endian, 8 bytes per frame.</summary>
/// <param name="Offsets">From the first byte of the first fragment's item to that of the frame's.</param>
/// <param name="Lengths">The bytes of each frame, which is one fragment then (PS3.3 C.7.6.3.1.8); may be empty.</param>
public sealed record ExtendedOffsetTable(ReadOnlyMemory<byte> Offsets, ReadOnlyMemory<byte> Lengths);

/// <summary>
/// Finds the fragments of one frame in encapsulated pixel data (PS3.5 A.4), reading item headers and not what lies between them.
/// Offset tables are believed only where they point at items; else the items are walked.
/// </summary>
public sealed class EncapsulatedPixelData
{
    private const uint Item = 0xe000fffe;
    private const int HeaderSize = 8;

    private readonly IByteSource _source;
    private readonly long _firstItem;
    private readonly int _frames;
    private readonly ExtendedOffsetTable? _extended;
    private readonly long _basicTable;
    private readonly int _basicEntries;

    /// <param name="source">The file.</param>
    /// <param name="value">Where the value of the pixel data begins: the item of the basic offset table.</param>
    /// <param name="numberOfFrames">(0028,0008), 1 or more.</param>
    /// <exception cref="ImageException">No item stands there.</exception>
    public EncapsulatedPixelData(IByteSource source, long value, int numberOfFrames, ExtendedOffsetTable? extended = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfFrames, 1);
        if (ReadItem(source, value) is not { } table)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "encapsulated pixel data does not begin with an item");
        }

        (_source, _frames, _extended) = (source, numberOfFrames, extended);
        _basicTable = table.Offset;
        _basicEntries = table.Length / 4;
        _firstItem = table.Offset + table.Length;
    }

    /// <summary>The fragments of a frame, in their order.</summary>
    /// <exception cref="ImageException">The frame does not exist (<see cref="ErrorCode.ParameterOutOfRange"/>), cannot be told from others, or is larger than <see cref="ImageDescription.MaximumFrameSize"/>.</exception>
    public IReadOnlyList<Fragment> Locate(int frame)
    {
        if (frame < 0 || frame >= _frames)
        {
            throw new ImageException(ErrorCode.ParameterOutOfRange, $"frame {frame} does not exist: there are {_frames}");
        }

        IReadOnlyList<Fragment> fragments = _frames == 1 ? Walk(_firstItem, long.MaxValue) : ByExtendedTable(frame) ?? ByBasicTable(frame) ?? ByWalking(frame);
        return fragments.Count != 0 ? fragments : throw new ImageException(ErrorCode.CorruptedFile, $"frame {frame} has no fragments");
    }

    /// <summary>Reads the codestream of a frame.</summary>
    /// <exception cref="ImageException">As <see cref="Locate"/>, or the file ends before.</exception>
    public byte[] Read(int frame)
    {
        IReadOnlyList<Fragment> fragments = Locate(frame);
        int length = 0;
        foreach (Fragment fragment in fragments)
        {
            length += fragment.Length;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        int at = 0;
        foreach (Fragment fragment in fragments)
        {
            Span<byte> part = bytes.AsSpan(at, fragment.Length);
            if (_source.Read(fragment.Offset, part) != part.Length)
            {
                throw new ImageException(ErrorCode.CorruptedFile, $"the file ends within frame {frame}");
            }

            at += part.Length;
        }

        return bytes;
    }

    private IReadOnlyList<Fragment>? ByExtendedTable(int frame)
    {
        if (_extended is null || _extended.Offsets.Length / 8 < _frames)
        {
            return null;
        }

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(_extended.Offsets.Span[(8 * frame)..]);
        if (offset > (ulong)_source.Length || ReadItem(_source, _firstItem + (long)offset) is not { } item)
        {
            return null;
        }

        if (_extended.Lengths.Length / 8 < _frames)
        {
            return [item];
        }

        // The length leaves out the byte that pads the item.
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(_extended.Lengths.Span[(8 * frame)..]);
        return length <= (ulong)item.Length ? new[] { item with { Length = (int)length } } : null;
    }

    private List<Fragment>? ByBasicTable(int frame)
    {
        if (_basicEntries < _frames)
        {
            return null;
        }

        bool isLast = frame == _frames - 1;
        Span<byte> entries = stackalloc byte[8];
        entries = entries[..(isLast ? 4 : 8)];
        if (_source.Read(_basicTable + (4L * frame), entries) != entries.Length)
        {
            return null;
        }

        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entries);
        long end = isLast ? long.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(entries[4..]);
        if (end <= offset || (frame == 0 && offset != 0) || ReadItem(_source, _firstItem + offset) is null
            || (!isLast && ReadItem(_source, _firstItem + end) is null))
        {
            return null;
        }

        return Walk(_firstItem + offset, isLast ? end : _firstItem + end);
    }

    // One fragment per frame, or as many starts of codestreams as there are frames.
    private List<Fragment> ByWalking(int frame)
    {
        int fragments = 0, starts = 0;
        List<Fragment> ofFrame = [], byStart = [];
        long total = 0;
        for (long at = _firstItem; ReadItem(_source, at) is { } item; at = item.Offset + item.Length)
        {
            if (fragments == frame)
            {
                ofFrame.Add(item);
            }

            starts += IsStart(item) ? 1 : 0;
            if (starts == frame + 1)
            {
                total = Add(byStart, item, total);
            }

            fragments++;
        }

        return fragments == _frames ? ofFrame
            : starts == _frames ? byStart
            : throw new ImageException(ErrorCode.CorruptedFile, $"{fragments} fragments without a usable offset table cannot be told apart into {_frames} frames");
    }

    private List<Fragment> Walk(long from, long end)
    {
        List<Fragment> fragments = [];
        long total = 0;
        for (long at = from; at < end && ReadItem(_source, at) is { } item; at = item.Offset + item.Length)
        {
            total = Add(fragments, item, total);
        }

        return fragments;
    }

    private static long Add(List<Fragment> fragments, Fragment item, long total)
    {
        total += item.Length;
        if (total > ImageDescription.MaximumFrameSize)
        {
            throw new ImageException(ErrorCode.BadFileFormat, $"a compressed frame is larger than {ImageDescription.MaximumFrameSize} bytes");
        }

        if (item.Length != 0)
        {
            fragments.Add(item);
        }

        return total;
    }

    // SOI of the JPEG family, SOC of JPEG 2000.
    private bool IsStart(Fragment item)
    {
        Span<byte> bytes = stackalloc byte[3];
        return item.Length >= 3 && _source.Read(item.Offset, bytes) == 3 && bytes[0] == 0xff && (bytes[1], bytes[2]) is (0xd8, 0xff) or (0x4f, 0xff);
    }

    // Null at the delimiter, at the end, and where no item stands.
    private static Fragment? ReadItem(IByteSource source, long at)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (at < 0 || at > source.Length - HeaderSize || source.Read(at, header) != HeaderSize)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Item)
        {
            return null;
        }

        return length <= int.MaxValue && at + HeaderSize + length <= source.Length
            ? new Fragment(at + HeaderSize, (int)length)
            : throw new ImageException(ErrorCode.CorruptedFile, $"an item of {length} bytes reaches beyond the file");
    }
}
