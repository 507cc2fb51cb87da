using System.Text;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Json;

/// <summary>How Orthanc's JSON types a leaf.</summary>
internal enum LeafKind
{
    Null,
    Text,
    TooLong,
}

/// <summary>The text of a leaf by Orthanc's rules (values by VR, the length limit).</summary>
internal static class LeafText
{
    // Values this much longer than the limit are too long however they decode: no need to try.
    private const int HopelessFactor = 8;

    /// <param name="limit">In UTF-8 bytes.</param>
    /// <param name="ascii">The text where it is plain ASCII; else <paramref name="text"/> has it.</param>
    public static LeafKind Classify(DataSet dataSet, DicomElement element, SpecificCharacterSet characterSet, int limit, out ReadOnlySpan<byte> ascii, out string? text)
    {
        ascii = default;
        text = null;
        if (element.Fragments is not null || element.External is not null || element.Tag.IsPixelData)
        {
            return LeafKind.Null;
        }

        Vr vr = element.Vr;
        ReadOnlySpan<byte> value = element.Value.Span;
        if (vr is Vr.UN or Vr.None)
        {
            vr = dataSet.VrOf(element.Tag);
            if (!VrInfo.IsText(vr) || element.Tag.IsPrivate && !Ascii.IsValid(value))
            {
                return LeafKind.Null;
            }

            value = TextBytes.PreparedUnknown(value);
        }
        else if (VrInfo.IsText(vr))
        {
            value = TextBytes.Prepared(value);
        }

        if (VrInfo.IsText(vr))
        {
            if (characterSet.Encoding != OrthancEncoding.Ascii && TextBytes.IsPlainAscii(value))
            {
                ascii = value;
                return value.Length > limit ? LeafKind.TooLong : LeafKind.Text;
            }

            if (value.Length / HopelessFactor > limit)
            {
                return LeafKind.TooLong;
            }

            text = characterSet.Decode(value, vr);
            return text.Length > limit || Encoding.UTF8.GetByteCount(text) > limit ? LeafKind.TooLong : LeafKind.Text;
        }

        int size = ElementNumbers.SizeOf(vr);
        if (size == 0 || vr is Vr.OW or Vr.OV || value.Length < size)
        {
            return LeafKind.Null;
        }

        if (vr == Vr.AT)
        {
            text = ElementNumbers.Tag(value, element.IsBigEndian).ToString();
            return LeafKind.Text;
        }

        // Each number takes a digit and a backslash at least.
        if (value.Length / size > limit)
        {
            return LeafKind.TooLong;
        }

        text = ElementText.Numbers(element);
        return text.Length > limit ? LeafKind.TooLong : LeafKind.Text;
    }
}
