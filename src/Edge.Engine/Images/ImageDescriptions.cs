using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging;

namespace Edge.Engine.Images;

/// <summary>Reads from a data set how its pixel data is to be read (PS3.3 C.7.6.3).</summary>
public static class ImageDescriptions
{
    /// <param name="isOtherWord">Whether the VR of the pixel data is OW.</param>
    /// <param name="length">The length of the pixel data, where it is known.</param>
    /// <exception cref="ImageException">An attribute without which pixels cannot be read is absent.</exception>
    public static ImageDescription Of(DataSet dataSet, TransferSyntax syntax, bool isOtherWord, long? length)
    {
        int allocated = Require(dataSet, DicomTags.BitsAllocated, "BitsAllocated");
        int stored = dataSet.GetInt32(DicomTags.BitsStored) ?? allocated;
        ImageDescription image = new()
        {
            Rows = Require(dataSet, DicomTags.Rows, "Rows"),
            Columns = Require(dataSet, DicomTags.Columns, "Columns"),
            NumberOfFrames = Math.Max(1, dataSet.GetInt32(DicomTags.NumberOfFrames) ?? 1),
            SamplesPerPixel = dataSet.GetInt32(DicomTags.SamplesPerPixel) ?? 1,
            BitsAllocated = allocated,
            BitsStored = stored,
            HighBit = dataSet.GetInt32(DicomTags.HighBit) ?? stored - 1,
            IsSigned = dataSet.GetInt32(DicomTags.PixelRepresentation) == 1,
            IsPlanar = dataSet.GetInt32(DicomTags.PlanarConfiguration) == 1,
            Photometric = dataSet.GetString(DicomTags.PhotometricInterpretation) ?? "MONOCHROME2",
            IsBigEndian = syntax.IsBigEndian,
            IsOtherWord = isOtherWord,
            Palette = PaletteOf(dataSet),
        };
        // Some senders say 422 of pixels that have all their samples; the length tells.
        bool isSubsampled = !syntax.IsEncapsulated && image.SamplesPerPixel == 3 && image.Photometric.Trim(' ', '\0') == "YBR_FULL_422"
            && !(length >= image.FrameBits / 8 * image.NumberOfFrames);
        return image with { IsSubsampled = isSubsampled };
    }

    private static int Require(DataSet dataSet, DicomTag tag, string name) =>
        dataSet.GetInt32(tag) ?? throw new ImageException(ErrorCode.BadFileFormat, $"{name} is absent or no number");

    private static ColourPalette? PaletteOf(DataSet dataSet) =>
        TableOf(dataSet, new DicomTag(0x00281101), new DicomTag(0x00281201)) is { } red
        && TableOf(dataSet, new DicomTag(0x00281102), new DicomTag(0x00281202)) is { } green
        && TableOf(dataSet, new DicomTag(0x00281103), new DicomTag(0x00281203)) is { } blue
            ? new ColourPalette(red, green, blue)
            : null;

    private static PaletteTable? TableOf(DataSet dataSet, DicomTag descriptor, DicomTag data)
    {
        if (dataSet.GetInteger(descriptor, 0) is not { } count || dataSet.GetInteger(descriptor, 1) is not { } first || dataSet.GetInteger(descriptor, 2) is not { } bits
            || dataSet.Find(data) is not { } table)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = table.Value.Span;
        ushort[] entries = new ushort[bytes.Length / 2];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = table.IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]);
        }

        return new PaletteTable(unchecked((ushort)count), unchecked((ushort)first), unchecked((ushort)bits), entries);
    }
}
