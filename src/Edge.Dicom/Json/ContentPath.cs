using System.Globalization;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Dicom.Writing;

namespace Edge.Dicom.Json;

/// <summary>What <c>/instances/{id}/content/{path}</c> leads to: a listing (JSON array of strings) or bytes.</summary>
/// <param name="Listing">Tags as <c>gggg-eeee</c>, or indexes; null for a leaf.</param>
/// <param name="Bytes">The raw bytes of a leaf or fragment, little endian; empty for a listing.</param>
/// <param name="External">The value where it was left in its source; else null.</param>
public sealed record Content(IReadOnlyList<string>? Listing, ReadOnlyMemory<byte> Bytes, ExternalValue? External = null);

/// <summary>Navigation by Orthanc's content paths: <c>tag[/index/tag]...</c>.</summary>
public static class ContentPath
{
    /// <summary>Follows a path; null where it leads nowhere (404).</summary>
    /// <param name="path">The parts between slashes; none for the list of tags.</param>
    /// <exception cref="Core.Errors.EdgeException">UnknownDicomTag where a part is no tag.</exception>
    public static Content? Find(DataSet dataSet, IReadOnlyList<string> path)
    {
        for (int i = 0; i < path.Count; i += 2)
        {
            if (dataSet.Find(DicomTag.Parse(path[i])) is not { } element)
            {
                return null;
            }

            bool isLast = i == path.Count - 1;
            if (isLast)
            {
                return element.Items is { } all ? Indexes(all.Count)
                    : element.Fragments is { } fragments ? Indexes(fragments.Count)
                    : element.Tag.IsPixelData ? Indexes(1)
                    : new Content(null, Leaf(element));
            }

            if (!int.TryParse(path[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                return null;
            }

            if (element.Items is not { } items)
            {
                return i + 2 == path.Count ? Block(element, index) : null;
            }

            if (index >= items.Count)
            {
                return null;
            }

            dataSet = items[index];
        }

        var tags = new string[dataSet.Count];
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = dataSet[i].Tag.ToDashString();
        }

        return new Content(tags, default);
    }

    private static Content? Block(DicomElement element, int index)
    {
        if (element.Fragments is { } fragments)
        {
            return index < fragments.Count ? new Content(null, fragments[index]) : null;
        }

        return element.Tag.IsPixelData && index == 0 ? new Content(null, Leaf(element), element.External) : null;
    }

    // Text is given without trailing spaces, padded again; numbers in little endian.
    private static ReadOnlyMemory<byte> Leaf(DicomElement element)
    {
        ReadOnlyMemory<byte> value = element.Value;
        if (VrInfo.IsText(element.Vr))
        {
            ReadOnlySpan<byte> trimmed = value.Span.TrimEnd((byte)' ');
            return (trimmed.Length & 1) == 0 ? value[..trimmed.Length] : TextBytes.Padded(trimmed.ToArray(), VrInfo.Padding(element.Vr));
        }

        if (element.IsBigEndian && VrInfo.WordSize(element.Vr) is var word and > 1)
        {
            byte[] swapped = value.ToArray();
            ByteSwap.Swap(swapped, word);
            return swapped;
        }

        return value;
    }

    private static Content Indexes(int count)
    {
        var indexes = new string[count];
        for (int i = 0; i < count; i++)
        {
            indexes[i] = i.ToString(CultureInfo.InvariantCulture);
        }

        return new Content(indexes, default);
    }
}
