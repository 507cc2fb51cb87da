using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;
using Edge.Imaging.Encapsulation;

namespace Edge.Engine.Transcoding;

/// <summary>The frames of pixel data as native little-endian bytes, one at a time.</summary>
internal sealed class FrameSource
{
    private readonly DicomElement? _native;
    private readonly EncapsulatedPixelData? _encapsulated;
    private readonly TransferSyntax? _syntax;
    private byte[] _frame = [];
    private byte[]? _expanded;

    /// <summary>Frames of uncompressed pixel data.</summary>
    public FrameSource(ImageDescription image, DicomElement native)
    {
        (Image, _native) = (image, native);
        if (image.IsSubsampled && (image.BitsAllocated != 8 || (image.Columns & 1) != 0))
        {
            throw new ImageException(ErrorCode.NotImplemented, $"{image.Photometric} of {image.BitsAllocated} bits in {image.Columns} columns is not decodable");
        }

        if (native.Value.Length < image.FrameBits / 8 * image.NumberOfFrames)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"the pixel data has {native.Value.Length} of {image.FrameBits / 8 * image.NumberOfFrames} bytes");
        }
    }

    /// <summary>Frames of compressed pixel data.</summary>
    public FrameSource(ImageDescription image, TransferSyntax syntax, EncapsulatedPixelData encapsulated) => (Image, _syntax, _encapsulated) = (image, syntax, encapsulated);

    public ImageDescription Image { get; }

    /// <summary>Whether they are known to have lost something: by the DCT, or by JPEG-LS near-lossless.</summary>
    public bool IsLossy => _syntax?.Uid is CompressedSyntax.JpegBaseline or CompressedSyntax.JpegExtended or CompressedSyntax.JpegLsNearLossless;

    /// <summary>A frame, until the next one is read.</summary>
    /// <param name="native">How it is laid out.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    public ReadOnlySpan<byte> Read(int number, out ImageDescription native)
    {
        if (_encapsulated is null)
        {
            native = Image with { IsBigEndian = false };
            ReadOnlySpan<byte> bytes = ReadNative(number);
            if (!Image.IsSubsampled)
            {
                return bytes;
            }

            // Codecs take pixels with all their samples.
            native = native with { IsSubsampled = false, IsPlanar = false, Photometric = "YBR_FULL" };
            _expanded ??= GC.AllocateUninitializedArray<byte>((int)(native.FrameBits / 8));
            SampleUnpacker.Expand(bytes, _expanded);
            return _expanded;
        }

        CodedSamples samples = FrameDecoder.DecodeSamples(_syntax!.Uid, Image, _encapsulated.Read(number));
        using PixelBuffer cells = samples.Cells;
        // What the DCT was made for becomes RGB, as with every other reader; lossless data that is YCbCr stays it.
        bool toRgb = cells.Format.IsColour() && samples.IsYbr && _syntax.IsLossy && _syntax.Uid != CompressedSyntax.JpegLsNearLossless;
        if (toRgb)
        {
            YbrConversion.ToRgb(cells, samples.Precision);
        }

        string photometric = Image.Photometric.Trim(' ', '\0');
        if (cells.Format.IsColour())
        {
            photometric = toRgb || !samples.IsYbr ? "RGB" : "YBR_FULL";
        }

        native = Image with { IsPlanar = false, IsBigEndian = false, Photometric = photometric };
        return Fit(cells, native);
    }

    private ReadOnlySpan<byte> ReadNative(int number)
    {
        FramePosition position = Image.Locate(number);
        ReadOnlySpan<byte> bytes = _native!.Value.Span;
        if (!_native.IsBigEndian || (Image.BitsAllocated == 8 && !Image.IsOtherWord))
        {
            return bytes.Slice((int)position.Offset, position.Length);
        }

        // Words are swapped; bytes in OW by pairs, which frames of odd length share (PS3.5 A.3).
        int start = (int)position.Offset & ~1, end = Math.Min(bytes.Length, ((int)position.Offset + position.Length + 1) & ~1);
        Span<byte> swapped = Room(end - start);
        bytes[start..end].CopyTo(swapped);
        if (Image.BitsAllocated == 32)
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(swapped), MemoryMarshal.Cast<byte, uint>(swapped));
        }
        else
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(swapped), MemoryMarshal.Cast<byte, ushort>(swapped));
        }

        return swapped.Slice((int)position.Offset - start, position.Length);
    }

    // Cells are as wide as the codestream's samples; the data set says how wide they shall be.
    private ReadOnlySpan<byte> Fit(PixelBuffer cells, ImageDescription native)
    {
        int wide = cells.Format switch
        {
            PixelFormat.Gray8 or PixelFormat.Rgb24 => 8,
            PixelFormat.Gray16 or PixelFormat.SignedGray16 or PixelFormat.Rgb48 => 16,
            _ => 32,
        };
        Span<byte> frame = Room((int)(native.FrameBits / 8));
        if (wide == native.BitsAllocated)
        {
            cells.Bytes.CopyTo(frame);
        }
        else if (wide == 8 && native.BitsAllocated == 16)
        {
            Span<ushort> words = MemoryMarshal.Cast<byte, ushort>(frame);
            ReadOnlySpan<byte> bytes = cells.Bytes;
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = bytes[i];
            }
        }
        else if (wide == 16 && native.BitsAllocated == 32)
        {
            Span<uint> words = MemoryMarshal.Cast<byte, uint>(frame);
            ReadOnlySpan<ushort> narrow = cells.Samples<ushort>();
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = narrow[i];
            }
        }
        else
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, $"a codestream of {wide} bits does not fit into {native.BitsAllocated} allocated bits");
        }

        return frame;
    }

    private Span<byte> Room(int length)
    {
        if (_frame.Length < length)
        {
            _frame = GC.AllocateUninitializedArray<byte>(length);
        }

        return _frame.AsSpan(0, length);
    }
}
