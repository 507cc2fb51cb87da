using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;
using Edge.Imaging.Encapsulation;
using Edge.Imaging.Output;
using Edge.Imaging.Rendering;
using Edge.Store.Index;

namespace Edge.Engine.Images;

/// <summary>
/// Pictures of frames. Decoding and rendering run on a few threads of their own, so that viewers never starve ingest; only the
/// blocks of the file that hold the frame are read.
/// </summary>
public sealed class FrameImages(InstanceFiles files, ThreadCrew decoding)
{
    /// <summary>A preview as PNG (8-bit, stretched to the frame's own range).</summary>
    /// <returns>The PNG, to be disposed; null where the frame does not exist.</returns>
    /// <exception cref="EdgeException">UnsupportedMediaType: the frame cannot be decoded.</exception>
    public async ValueTask<EncodedImage?> PreviewAsync(StoredInstance instance, int frame, CancellationToken cancellation)
    {
        DicomFile header = await files.ReadHeaderAsync(instance, cancellation).ConfigureAwait(false);
        TransferSyntax syntax = header.TransferSyntax;
        if (instance.PixelDataOffset is not { } offset || (syntax.IsEncapsulated && !FrameDecoder.CanDecode(syntax.Uid)) || syntax.IsDeflated)
        {
            throw Unsupported($"the pixel data of this instance ({syntax.Name}) cannot be decoded");
        }

        try
        {
            ImageDescription image = ImageDescriptions.Of(header.DataSet, syntax, isOtherWord: instance.Row.Metadata.Get(MetadataType.PixelDataVr) != "OB");
            if (frame < 0 || frame >= image.NumberOfFrames)
            {
                return null;
            }

            if (syntax.IsEncapsulated)
            {
                // The value follows the tag, OB, two reserved bytes and the undefined length.
                CompressedFrame compressed = new(syntax.Uid, image, header.DataSet, files.OpenSource(instance.RequireFile().File), offset + 12, frame);
                return await decoding.RunAsync(compressed, RenderCompressed, cancellation).ConfigureAwait(false);
            }

            FramePosition position = image.Locate(frame);
            // Explicit OB and OW have a length of 32 bits after two reserved bytes (PS3.5 7.1.2).
            long start = offset + (syntax.IsExplicitVr ? 12 : 8) + position.Offset;
            byte[] pixels = await files.ReadAsync(instance.RequireFile().File, start, position.Length, cancellation).ConfigureAwait(false);
            return await decoding.RunAsync((image, pixels, position.FirstBit), Render, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            throw Unsupported(e.Message);
        }
    }

    private static EncodedImage Render((ImageDescription Image, byte[] Pixels, int FirstBit) work)
    {
        using PixelBuffer decoded = NativeDecoder.Decode(work.Image, work.Pixels, work.FirstBit);
        return Render(decoded, work.Image);
    }

    private static EncodedImage RenderCompressed(CompressedFrame frame)
    {
        byte[] codestream = new EncapsulatedPixelData(frame.Source, frame.Value, frame.Image.NumberOfFrames, ExtendedTableOf(frame.DataSet)).Read(frame.Number);
        using PixelBuffer decoded = FrameDecoder.Decode(frame.TransferSyntax, frame.Image, codestream);
        return Render(decoded, frame.Image);
    }

    private static EncodedImage Render(PixelBuffer decoded, ImageDescription image)
    {
        using PixelBuffer preview = PreviewRenderer.Render(decoded, image.IsInverted);
        return PngWriter.Encode(preview);
    }

    private static ExtendedOffsetTable? ExtendedTableOf(DataSet dataSet) => dataSet.Find(new DicomTag(0x7fe00001)) is { } offsets
        ? new ExtendedOffsetTable(offsets.Value, dataSet.Find(new DicomTag(0x7fe00002))?.Value ?? default)
        : null;

    private static EdgeException Unsupported(string why) => new(ErrorCode.UnsupportedMediaType, why);

    /// <summary>A frame to be read and decoded: the pixel data's value begins at <paramref name="Value"/> of the source.</summary>
    private sealed record CompressedFrame(string TransferSyntax, ImageDescription Image, DataSet DataSet, IByteSource Source, long Value, int Number);
}
