using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Images;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Encapsulation;

namespace Edge.Engine.Transcoding;

/// <summary>Decodes and encodes the frames of a data set.</summary>
internal static class PixelTranscoding
{
    /// <summary>The room for a codestream is kept for the next image up to this size.</summary>
    private const int MostKept = 4 << 20;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _coded;

    /// <summary>The pixel data of a data set in another transfer syntax; the data set is not changed.</summary>
    /// <exception cref="ImageException">It cannot be decoded, or cannot be encoded so.</exception>
    public static TranscodedPixels Transcode(DataSet dataSet, DicomElement pixels, TransferSyntax from, TransferSyntax to, int quality, CancellationToken cancellation)
    {
        ImageDescription image = ImageDescriptions.Of(dataSet, from, pixels.Vr != Vr.OB, pixels.Fragments is null ? pixels.Value.Length : null);
        image.Validate();
        // An image whose frames end in the middle of a byte has no frames that could be worked on each for itself.
        if (image.BitsAllocated is not (8 or 16 or 32) || image.Photometric.Length == 0)
        {
            throw new ImageException(ErrorCode.NotImplemented, $"samples of {image.BitsAllocated} bits are not transcoded");
        }

        // A cell of 16 bits may hold a codestream of 8 and the other way round: what the frames decode to is what the attributes will say.
        FrameSource source = pixels.Fragments is { } fragments
            ? new FrameSource(image, from, new EncapsulatedPixelData(new MemoryByteSource(Join(fragments)), 0, image.NumberOfFrames, ExtendedTableOf(dataSet)))
            : new FrameSource(image, pixels);
        return to.IsEncapsulated ? Encode(source, to, quality, cancellation) : Decode(source, cancellation);
    }

    private static TranscodedPixels Decode(FrameSource source, CancellationToken cancellation)
    {
        long total = source.Image.FrameBits / 8 * source.Image.NumberOfFrames;
        if (total > Transcoder.LongestFile)
        {
            throw new ImageException(ErrorCode.NotEnoughMemory, $"{total} bytes of pixels are too many to be decoded into memory");
        }

        byte[] value = GC.AllocateUninitializedArray<byte>((int)(total + (total & 1)));
        value[^1] = 0;
        int at = 0;
        ImageDescription native = source.Image;
        for (int i = 0; i < source.Image.NumberOfFrames; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> frame = source.Read(i, out native);
            frame.CopyTo(value.AsSpan(at));
            at += frame.Length;
        }

        return new TranscodedPixels(new DicomElement(DicomTags.PixelData, native.BitsAllocated > 8 ? Vr.OW : Vr.OB, value), native, native.Photometric, 1, source.IsLossy);
    }

    private static TranscodedPixels Encode(FrameSource source, TransferSyntax to, int quality, CancellationToken cancellation)
    {
        List<ReadOnlyMemory<byte>> frames = [];
        ArrayBufferWriter<byte> output = _coded ?? new(64 * 1024);
        string photometric = source.Image.Photometric;
        ImageDescription native = source.Image;
        long coded = 0;
        // Of lossless JPEG the predictor that the standard's own syntax names; of the other the one that is best for most images.
        FrameEncoding encoding = new() { TransferSyntax = to.Uid, Quality = quality };
        for (int i = 0; i < source.Image.NumberOfFrames; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            output.ResetWrittenCount();
            ReadOnlySpan<byte> frame = source.Read(i, out native);
            photometric = FrameEncoder.Encode(encoding, native, frame, output);
            coded += output.WrittenCount;
            byte[] fragment = new byte[output.WrittenCount + (output.WrittenCount & 1)];
            output.WrittenSpan.CopyTo(fragment);
            frames.Add(fragment);
            if (coded > Transcoder.LongestFile)
            {
                throw new ImageException(ErrorCode.NotEnoughMemory, "the compressed frames are too large to be held in memory");
            }
        }

        _coded = output.Capacity > MostKept ? null : output;
        if (to.Uid == CompressedSyntax.JpegExtended && native.BitsAllocated == 16)
        {
            // Its samples have 12 bits: what overshoots fewer must not be cut off.
            native = native with { BitsStored = 12, HighBit = 11 };
        }

        double ratio = (double)source.Image.FrameBits / 8 * source.Image.NumberOfFrames / Math.Max(1, coded);
        return new TranscodedPixels(DicomElement.Encapsulated(DicomTags.PixelData, [OffsetTable(frames), .. frames]), native, photometric, ratio, source.IsLossy);
    }

    private static byte[] OffsetTable(List<ReadOnlyMemory<byte>> frames)
    {
        int[] lengths = new int[frames.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = frames[i].Length;
        }

        ArrayBufferWriter<byte> table = new((4 * lengths.Length) + 8);
        EncapsulationWriter.WriteOffsetTable(table, lengths);
        return table.WrittenSpan[8..].ToArray();
    }

    // The items as they stand in a file: what finds frames reads those.
    private static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> fragments)
    {
        long length = 8;
        foreach (ReadOnlyMemory<byte> fragment in fragments)
        {
            length += 8 + fragment.Length;
        }

        if (length > Array.MaxLength)
        {
            throw new ImageException(ErrorCode.NotEnoughMemory, "the compressed pixel data is too large to be transcoded");
        }

        byte[] joined = GC.AllocateUninitializedArray<byte>((int)length);
        Span<byte> at = joined;
        foreach (ReadOnlyMemory<byte> fragment in fragments)
        {
            MemoryMarshal.Write(at, 0xe000fffe);
            MemoryMarshal.Write(at[4..], fragment.Length);
            fragment.Span.CopyTo(at[8..]);
            at = at[(8 + fragment.Length)..];
        }

        MemoryMarshal.Write(at, 0xe0ddfffe);
        MemoryMarshal.Write(at[4..], 0);
        return joined;
    }

    private static ExtendedOffsetTable? ExtendedTableOf(DataSet dataSet) => dataSet.Find(DicomTags.ExtendedOffsetTable) is { } offsets
        ? new ExtendedOffsetTable(offsets.Value, dataSet.Find(DicomTags.ExtendedOffsetTableLengths)?.Value ?? default)
        : null;
}

/// <summary>Pixel data, and what the data set must say of it.</summary>
/// <param name="PixelData">The element.</param>
/// <param name="Native">What was encoded, or stands there.</param>
/// <param name="Photometric">The photometric interpretation of it.</param>
/// <param name="Ratio">How many times smaller than native it is.</param>
/// <param name="WasLossy">Whether what it was made of had lost something already.</param>
internal sealed record TranscodedPixels(DicomElement PixelData, ImageDescription Native, string Photometric, double Ratio, bool WasLossy)
{
    public void Apply(DataSet dataSet)
    {
        dataSet.Remove(DicomTags.ExtendedOffsetTable);
        dataSet.Remove(DicomTags.ExtendedOffsetTableLengths);
        dataSet.Set(PixelData);
        if (dataSet.GetString(DicomTags.PhotometricInterpretation) != Photometric)
        {
            dataSet.SetString(DicomTags.PhotometricInterpretation, Photometric, Vr.CS);
        }

        if (dataSet.GetInt32(DicomTags.BitsStored) != Native.BitsStored)
        {
            dataSet.SetInteger(DicomTags.BitsStored, Native.BitsStored, Vr.US);
            dataSet.SetInteger(DicomTags.HighBit, Native.HighBit, Vr.US);
        }

        if (Native.SamplesPerPixel > 1)
        {
            // Interleaved, as codestreams are (PS3.5 8.2.1 to 8.2.4); RLE keeps planes whatever is said.
            dataSet.SetInteger(DicomTags.PlanarConfiguration, PixelData.Fragments is null && Native.IsPlanar ? 1 : 0, Vr.US);
        }

        if (WasLossy)
        {
            dataSet.SetString(DicomTags.LossyImageCompression, "01", Vr.CS);
        }
    }
}
