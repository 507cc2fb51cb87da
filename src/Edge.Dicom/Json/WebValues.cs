using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Dicom.Writing;

namespace Edge.Dicom.Json;

/// <summary>Values as the DICOM JSON and XML models take them (PS3.18 F.2, PS3.19 A.1).</summary>
internal static class WebValues
{
    /// <summary>Whether an element is left out: group lengths are, and encapsulated pixel data, which has no meaning without its transfer syntax.</summary>
    public static bool IsLeftOut(DicomElement element) => element.Tag.IsGroupLength || element.Tag.IsItemOrDelimiter || element.Fragments is not null;

    /// <summary>An element of VR UN under the VR that the dictionary knows it by, of text and numbers; every other one as it is.</summary>
    public static DicomElement Known(DataSet dataSet, DicomElement element)
    {
        if (element.Vr is not (Vr.UN or Vr.None) || element.Items is not null || element.External is not null)
        {
            return element;
        }

        Vr vr = dataSet.VrOf(element.Tag);
        return VrInfo.Kind(vr) is VrKind.Text || VrInfo.NumberSize(vr) is var size and > 0 && element.Value.Length % size == 0 ? element.WithVr(vr) : element;
    }

    /// <summary>The values of a text, decoded; padding is removed from the end of the whole, components are not trimmed; none where empty.</summary>
    public static string[] Texts(DicomElement element, SpecificCharacterSet characterSet)
    {
        ReadOnlySpan<byte> bytes = element.Value.Span.TrimEnd("\0 "u8);
        if (bytes.Length == 0)
        {
            return [];
        }

        string text = characterSet.Decode(bytes, element.Vr);

        // Orthanc splits LT, ST and UT too.
        return text.Split('\\');
    }

    /// <summary>The bytes of a bulk value in little endian.</summary>
    public static ReadOnlyMemory<byte> Bulk(DicomElement element)
    {
        if (element.External is { } left)
        {
            var loaded = new byte[checked((int)left.Length)];
            int count = left.Source.Read(left.Offset, loaded);
            return loaded.AsMemory(0, count);
        }

        if (element.IsBigEndian && VrInfo.WordSize(element.Vr) is var word and > 1)
        {
            byte[] swapped = element.Value.ToArray();
            ByteSwap.Swap(swapped, word);
            return swapped;
        }

        return element.Value;
    }
}
