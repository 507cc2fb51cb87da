using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Modification;
using Edge.Imaging;
using Edge.Imaging.Input;

namespace Edge.Engine.Creation;

/// <summary>Puts what a data URI holds into a data set: an image as pixel data, a document or model as an encapsulated one.</summary>
internal static class ContentEmbedding
{
    private const string EncapsulatedStl = "1.2.840.10008.5.1.4.1.1.104.3";
    private const string EncapsulatedObj = "1.2.840.10008.5.1.4.1.1.104.4";
    private const string EncapsulatedMtl = "1.2.840.10008.5.1.4.1.1.104.5";

    /// <summary>Embeds content.</summary>
    /// <param name="encapsulates">Whether a JPEG image stays one.</param>
    /// <returns>The transfer syntax that the file then has.</returns>
    /// <exception cref="EdgeException">BadFileFormat for no data URI, or content that is damaged; NotImplemented for another type.</exception>
    public static TransferSyntax Embed(DataSet dataSet, string text, bool encapsulates)
    {
        if (!DataUri.TryParse(text, out DataUri uri))
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Content\" must be a data URI with base64 content");
        }

        switch (uri.MediaType)
        {
            case "image/png":
                EmbedPixels(dataSet, PngDecoder.Decode(uri.Content));
                break;
            case "image/jpeg" or "image/jpg":
                if (encapsulates)
                {
                    EncapsulateJpeg(dataSet, uri.Content);
                    return TransferSyntax.JpegBaseline;
                }

                EmbedPixels(dataSet, JpegImage.Decode(uri.Content));
                break;
            case "image/x-portable-arbitrarymap":
                EmbedPixels(dataSet, PamDecoder.Decode(uri.Content));
                break;
            case "application/octet-stream":
                dataSet.SetBytes(DicomTags.PixelData, uri.Content, dataSet.GetInt32(DicomTags.BitsAllocated) is > 8 ? Vr.OW : Vr.OB);
                break;
            case "application/pdf":
                EmbedPdf(dataSet, uri.Content);
                break;
            case "model/stl":
                EmbedModel(dataSet, uri, EncapsulatedStl);
                break;
            case "model/obj":
                EmbedModel(dataSet, uri, EncapsulatedObj);
                break;
            case "model/mtl":
                EmbedModel(dataSet, uri, EncapsulatedMtl);
                break;
            default:
                throw new EdgeException(ErrorCode.NotImplemented, "Content of this media type cannot be put into DICOM: PNG, JPEG, PAM, PDF, STL, OBJ, MTL and application/octet-stream can");
        }

        return encapsulates
            ? throw new EdgeException(ErrorCode.BadRequest, "\"Encapsulate\" is for JPEG images alone")
            : TransferSyntax.ExplicitVrLittleEndian;
    }

    private static void EmbedPixels(DataSet dataSet, PixelBuffer pixels)
    {
        using (pixels)
        {
            bool isColour = pixels.Format.IsColour();
            int bits = pixels.Format is PixelFormat.Gray16 or PixelFormat.Rgb48 ? 16 : 8;
            Describe(dataSet, pixels.Width, pixels.Height, isColour ? 3 : 1, bits, "RGB");
            byte[] bytes = GC.AllocateUninitializedArray<byte>(pixels.Bytes.Length);
            pixels.Bytes.CopyTo(bytes);
            if (bits == 16 && !BitConverter.IsLittleEndian)
            {
                Span<ushort> samples = MemoryMarshal.Cast<byte, ushort>(bytes);
                System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(samples, samples);
            }

            dataSet.SetBytes(DicomTags.PixelData, bytes, bits == 16 ? Vr.OW : Vr.OB);
        }
    }

    private static void EncapsulateJpeg(DataSet dataSet, byte[] file)
    {
        JpegImage image = JpegImage.Read(file);
        if (!image.IsBaseline)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "Only a baseline JPEG image of 8 bits can be encapsulated as it is");
        }

        Describe(dataSet, image.Width, image.Height, image.Components, 8, "YBR_FULL_422");
        dataSet.SetString(DicomTags.LossyImageCompression, "01", Vr.CS);
        dataSet.SetString(DicomTags.LossyImageCompressionMethod, "ISO_10918_1", Vr.CS);
        dataSet.Set(DicomElement.Encapsulated(DicomTags.PixelData, [ReadOnlyMemory<byte>.Empty, file]));
    }

    private static void Describe(DataSet dataSet, int width, int height, int samples, int bits, string colour)
    {
        dataSet.SetInteger(DicomTags.Rows, height, Vr.US);
        dataSet.SetInteger(DicomTags.Columns, width, Vr.US);
        dataSet.SetInteger(DicomTags.SamplesPerPixel, samples, Vr.US);
        dataSet.SetInteger(DicomTags.PixelRepresentation, 0, Vr.US);
        dataSet.SetInteger(DicomTags.BitsAllocated, bits, Vr.US);
        dataSet.SetInteger(DicomTags.BitsStored, bits, Vr.US);
        dataSet.SetInteger(DicomTags.HighBit, bits - 1, Vr.US);
        if (samples == 3)
        {
            dataSet.SetInteger(DicomTags.PlanarConfiguration, 0, Vr.US);
            dataSet.SetString(DicomTags.PhotometricInterpretation, colour, Vr.CS);
        }
        else if (!dataSet.Contains(DicomTags.PhotometricInterpretation))
        {
            dataSet.SetString(DicomTags.PhotometricInterpretation, "MONOCHROME2", Vr.CS);
        }
    }

    private static void EmbedPdf(DataSet dataSet, byte[] file)
    {
        if (!file.AsSpan().StartsWith("%PDF"u8))
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The content is no PDF document: it does not begin with %PDF");
        }

        Encapsulate(dataSet, "application/pdf", file, UidRegistry.EncapsulatedPdfStorage, "OT");
        SetWhereAbsent(dataSet, DicomTags.ConversionType, "WSD");
    }

    private static void EmbedModel(DataSet dataSet, DataUri uri, string sopClass) => Encapsulate(dataSet, uri.MediaType, uri.Content, sopClass, "M3D");

    private static void Encapsulate(DataSet dataSet, string type, byte[] content, string sopClass, string modality)
    {
        dataSet.SetString(DicomTags.MIMETypeOfEncapsulatedDocument, type, Vr.LO);
        dataSet.SetBytes(DicomTags.EncapsulatedDocument, content, Vr.OB);
        SetWhereAbsent(dataSet, DicomTags.SOPClassUID, sopClass);
        SetWhereAbsent(dataSet, DicomTags.Modality, modality);
    }

    private static void SetWhereAbsent(DataSet dataSet, DicomTag tag, string value)
    {
        if (!dataSet.Contains(tag))
        {
            dataSet.SetString(tag, value);
        }
    }
}
