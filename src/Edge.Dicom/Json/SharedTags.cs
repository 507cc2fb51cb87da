using System.Text;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Json;

/// <summary>
/// The top-level tags that all data sets added have with the same text (<c>/shared-tags</c>): what Orthanc types <c>String</c>,
/// so no sequences, no binary values and no long texts.
/// </summary>
public sealed class SharedTags
{
    private readonly Dictionary<DicomTag, string> _texts = [];

    /// <summary>The first data set added: it bears the values that are shared. Null before.</summary>
    public DataSet? First { get; private set; }

    /// <summary>The tags shared so far.</summary>
    public IReadOnlySet<DicomTag> Tags => _texts.Keys.ToHashSet();

    /// <summary>Narrows the tags to those that <paramref name="dataSet"/> has with the same text. Pixel data and what follows does not count.</summary>
    public void Add(DataSet dataSet)
    {
        if (First is null)
        {
            First = dataSet;
            foreach (DicomElement element in dataSet)
            {
                if (element.Tag.CompareTo(DicomTags.PixelData) < 0 && TextOf(dataSet, element) is { } text)
                {
                    _texts[element.Tag] = text;
                }
            }

            return;
        }

        foreach ((DicomTag tag, string shared) in _texts)
        {
            if (dataSet.Find(tag) is not { } element || TextOf(dataSet, element) != shared)
            {
                _texts.Remove(tag);
            }
        }
    }

    private static string? TextOf(DataSet dataSet, DicomElement element)
    {
        if (element.IsSequence)
        {
            return null;
        }

        LeafKind kind = LeafText.Classify(dataSet, element, dataSet.CharacterSet, OrthancJsonOptions.Default.MaximumLength, out ReadOnlySpan<byte> ascii, out string? text);
        return kind == LeafKind.Text ? text ?? Encoding.ASCII.GetString(ascii) : null;
    }
}
