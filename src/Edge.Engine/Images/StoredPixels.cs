using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Elscint;
using Edge.Imaging.Encapsulation;
using Edge.Store.Files;

namespace Edge.Engine.Images;

/// <summary>The pixel data of a stored instance: what its header says of it, and where its value lies. Of large files nothing of it has been read yet.</summary>
/// <remarks>What a small file was read into is pooled: whoever disposes of this gives it back, and nothing that was <see cref="Read"/> counts any more.</remarks>
public sealed class StoredPixels : IDisposable
{
    private const int ElementHeader = 12;

    // Files up to this size are read at once where frames are wanted: each reading is two changes of threads.
    private const int LoadedAtOnce = 2 << 20;

    private const string ElscintCreator = "ELSCINT1";
    private const ushort ElscintGroup = 0x07a1;
    private static readonly DicomTag ExtendedOffsets = new(0x7fe00001), ExtendedLengths = new(0x7fe00002);

    private readonly InstanceFiles _files;
    private readonly bool _isOtherWord;
    private ImageDescription? _image;
    private byte[]? _rented;

    private StoredPixels(InstanceFiles files, AttachmentRecord file, DicomFile header, bool isOtherWord)
    {
        (_files, File, DataSet, Syntax, _isOtherWord) = (files, file, header.DataSet, header.TransferSyntax, isOtherWord);
        NumberOfFrames = Math.Max(1, DataSet.GetInt32(DicomTags.NumberOfFrames) ?? 1);
    }

    /// <summary>The file.</summary>
    public AttachmentRecord File { get; }

    /// <summary>Everything before the pixel data.</summary>
    public DataSet DataSet { get; }

    public TransferSyntax Syntax { get; }

    /// <summary>(0028,0008), at least 1.</summary>
    public int NumberOfFrames { get; }

    /// <summary>How samples are to be read.</summary>
    /// <exception cref="ImageException">An attribute without which pixels cannot be read is absent.</exception>
    public ImageDescription Image => _image ??= ImageDescriptions.Of(DataSet, Syntax, _isOtherWord, Length);

    /// <summary>Whether the frames can be decoded at all.</summary>
    public bool IsDecodable => !Syntax.IsEncapsulated || FrameDecoder.CanDecode(Syntax.Uid);

    /// <summary>Where the value begins in the file; 0 where it had to be inflated.</summary>
    private long Offset { get; init; }

    /// <summary>The length of the value in bytes; null where it is undefined.</summary>
    private long? Length { get; init; }

    /// <summary>The value, where it had to be inflated.</summary>
    private ReadOnlyMemory<byte>? Inflated { get; init; }

    /// <summary>The one frame in Elscint's coding, which stands in a private element instead of pixel data.</summary>
    private ReadOnlyMemory<byte>? Elscint { get; init; }

    /// <summary>The file from the pixel data element on, where it was small enough to be read with its header, and where that begins.</summary>
    private (ReadOnlyMemory<byte> Bytes, long Start)? Loaded { get; set; }

    /// <summary>Whether <see cref="Locate(int)"/> and <see cref="Read"/> wait for nothing.</summary>
    public bool IsLoaded => Loaded is not null || IsUnpacked;

    /// <summary>Whether frames do not lie in the file as they are <see cref="Read">read</see>.</summary>
    public bool IsUnpacked => Inflated is not null || Elscint is not null;

    /// <summary>Reads the header of an instance.</summary>
    /// <param name="files">The stored files.</param>
    /// <param name="instance">Whose pixel data.</param>
    /// <param name="isWanted">Whether frames will be read: a small file is read as a whole.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Null for an instance without pixel data, or with other than integers.</returns>
    /// <exception cref="EdgeException">The file is missing, damaged, or its header too long.</exception>
    public static async ValueTask<StoredPixels?> OpenAsync(InstanceFiles files, StoredInstance instance, bool isWanted, CancellationToken cancellation)
    {
        AttachmentRecord file = instance.RequireFile().File;
        if (instance.TransferSyntax?.IsDeflated == true || instance.PixelDataOffset is not { } offset)
        {
            DicomFile whole = await files.ReadWholeAsync(instance, cancellation).ConfigureAwait(false);
            if (whole.TransferSyntax.IsEncapsulated)
            {
                return null;
            }

            return whole.DataSet.Find(DicomTags.PixelData) is { } element
                ? new StoredPixels(files, file, whole, element.Vr != Vr.OB) { Inflated = element.Value, Length = element.Value.Length }
                : ElscintOf(whole.DataSet) is { } elscint ? new StoredPixels(files, file, whole, isOtherWord: true) { Elscint = elscint } : null;
        }

        if (!isWanted || file.PlainSize > LoadedAtOnce)
        {
            (DicomFile header, ReadOnlyMemory<byte> element) = await files.ReadHeaderAndAsync(instance, ElementHeader, cancellation).ConfigureAwait(false);
            return Locate(element.Span, header.TransferSyntax.IsBigEndian, offset) is { } value
                ? new StoredPixels(files, file, header, value.IsOtherWord) { Offset = value.Offset, Length = value.Length }
                : null;
        }

        (DicomFile start, byte[] rented, ReadOnlyMemory<byte> rest) = await files.RentHeaderAndAsync(instance, LoadedAtOnce, cancellation).ConfigureAwait(false);
        if (Locate(rest.Span, start.TransferSyntax.IsBigEndian, offset) is not { } there)
        {
            ArrayPool<byte>.Shared.Return(rented);
            return null;
        }

        return new StoredPixels(files, file, start, there.IsOtherWord) { Offset = there.Offset, Length = there.Length, Loaded = (rest, offset), _rented = rented };
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            Loaded = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Where the bytes of a frame lie: a slice of native pixel data (from the byte its first bit is in), or the fragments.</summary>
    /// <remarks>It waits for the file threads, unless <see cref="IsLoaded"/>: only for threads that may wait, as those that decode.</remarks>
    /// <exception cref="ImageException">The frame does not exist (<see cref="ErrorCode.ParameterOutOfRange"/>), or its place cannot be found.</exception>
    public IReadOnlyList<FrameRange> Locate(int frame)
    {
        if (frame < 0 || frame >= NumberOfFrames)
        {
            throw new ImageException(ErrorCode.ParameterOutOfRange, $"frame {frame} does not exist: there are {NumberOfFrames}");
        }

        if (Syntax.IsEncapsulated)
        {
            ExtendedOffsetTable? table = DataSet.Find(ExtendedOffsets) is { } offsets ? new ExtendedOffsetTable(offsets.Value, DataSet.Find(ExtendedLengths)?.Value ?? default) : null;
            // Of moving pictures there is one stream, whatever the number of frames.
            bool isStream = IsVideo;
            (IByteSource source, long start) = Loaded is { } loaded ? (new MemoryByteSource(loaded.Bytes), loaded.Start) : (_files.OpenSource(File), 0L);
            EncapsulatedPixelData pixels = new(source, Offset - start, isStream ? 1 : NumberOfFrames, table);
            IReadOnlyList<Fragment> fragments = pixels.Locate(isStream && frame == 0 ? 0 : frame);
            FrameRange[] ranges = new FrameRange[fragments.Count];
            for (int i = 0; i < ranges.Length; i++)
            {
                ranges[i] = new FrameRange(start + fragments[i].Offset, fragments[i].Length);
            }

            return ranges;
        }

        FramePosition position = Image.Locate(frame);
        if (Length is { } length && position.Offset + position.Length > length)
        {
            throw new ImageException(ErrorCode.BadFileFormat, $"the pixel data of {length} bytes ends before the end of frame {frame}");
        }

        // Samples of one byte in words come in pairs: an odd frame needs the byte that pads it.
        bool needsPadding = IsSwapped && (position.Length & 1) != 0 && (Length is not { } whole || position.Offset + position.Length < whole);
        return [new FrameRange(Offset + position.Offset, position.Length + (needsPadding ? 1 : 0))];
    }

    /// <summary>Whether the value consists of big-endian words (PS3.5 7.3): they are swapped wherever this machine's order is expected.</summary>
    public bool IsSwapped => Syntax.IsBigEndian && _isOtherWord;

    /// <summary>Reads the bytes of a frame; waits as <see cref="Locate(int)"/> does. They may be those of the file that was loaded: nobody writes to them.</summary>
    /// <exception cref="ImageException">As there, or the frame is too large, or the file ends before its end.</exception>
    public ReadOnlyMemory<byte> Read(int frame)
    {
        IReadOnlyList<FrameRange> ranges = Locate(frame);
        if (Inflated is { } inflated)
        {
            return inflated.Slice((int)ranges[0].Offset, (int)ranges[0].Length);
        }

        if (Elscint is { } coded)
        {
            Image.Validate();
            return ElscintRleDecoder.Decode(coded.Span, Image.Rows * Image.Columns);
        }

        long total = 0;
        foreach (FrameRange range in ranges)
        {
            total += range.Length;
            if (range.Offset + range.Length > File.PlainSize || total > ImageDescription.MaximumFrameSize)
            {
                throw new ImageException(ErrorCode.CorruptedFile, $"the file ends within frame {frame}, or the frame is larger than {ImageDescription.MaximumFrameSize} bytes");
            }
        }

        if (Loaded is { } loaded && ranges.Count == 1)
        {
            return loaded.Bytes.Slice((int)(ranges[0].Offset - loaded.Start), (int)ranges[0].Length);
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)total);
        int at = 0;
        foreach (FrameRange range in ranges)
        {
            if (Loaded is { } there)
            {
                there.Bytes.Slice((int)(range.Offset - there.Start), (int)range.Length).CopyTo(bytes.AsMemory(at));
                at += (int)range.Length;
                continue;
            }

            _files.ReadAsync(File, range.Offset, bytes.AsMemory(at, (int)range.Length)).AsTask().GetAwaiter().GetResult();
            at += (int)range.Length;
        }

        return bytes;
    }

    /// <summary>Whether the transfer syntax is one of moving pictures (MPEG-2, H.264, H.265), which are never decoded.</summary>
    private bool IsVideo => int.TryParse(Syntax.Uid.AsSpan(Syntax.Uid.LastIndexOf('.') + 1), out int number)
        && Syntax.Uid.StartsWith("1.2.840.10008.1.2.4.", StringComparison.Ordinal) && number is >= 100 and <= 108;

    /// <summary>The frame that ELSCINT1's private elements hold; null where there is none of the known form.</summary>
    private static ReadOnlyMemory<byte>? ElscintOf(DataSet dataSet) =>
        dataSet.FindPrivateTag(ElscintCreator, ElscintGroup, 0x11) is { } method && dataSet.GetString(method)?.Trim() == "PMSCT_RLE1"
        && dataSet.FindPrivateTag(ElscintCreator, ElscintGroup, 0x0a) is { } tag && dataSet.Find(tag) is { IsSequence: false } frame
        && dataSet.GetInt32(DicomTags.BitsAllocated) == 16 && (dataSet.GetInt32(DicomTags.SamplesPerPixel) ?? 1) == 1 && (dataSet.GetInt32(DicomTags.NumberOfFrames) ?? 1) == 1
            ? frame.Value
            : null;

    /// <summary>The value of the element whose first bytes are given; null where it is no pixel data of integers.</summary>
    private static (long Offset, long? Length, bool IsOtherWord)? Locate(ReadOnlySpan<byte> element, bool isBigEndian, long offset)
    {
        if (element.Length < 8)
        {
            return null;
        }

        uint tag = isBigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(element)
            : (uint)(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16 | BinaryPrimitives.ReadUInt16LittleEndian(element[2..]));
        if (tag != DicomTags.PixelData.Value)
        {
            return null;
        }

        // Explicit OB, OW and UN have a length of 32 bits after two reserved bytes (PS3.5 7.1.2).
        bool isExplicit = element[4] is >= (byte)'A' and <= (byte)'Z' && element[5] is >= (byte)'A' and <= (byte)'Z';
        if (isExplicit && element.Length < ElementHeader)
        {
            return null;
        }

        ReadOnlySpan<byte> at = isExplicit ? element[8..] : element[4..];
        uint length = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
        return (offset + (isExplicit ? ElementHeader : 8), length == uint.MaxValue ? null : length, !isExplicit || element[5] != (byte)'B');
    }
}

/// <summary>Bytes of a file.</summary>
/// <param name="Offset">The first one.</param>
/// <param name="Length">How many.</param>
public readonly record struct FrameRange(long Offset, long Length);
