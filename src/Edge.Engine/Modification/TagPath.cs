using System.Globalization;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Modification;

/// <summary>
/// A tag in a data set or in items of sequences, as Orthanc writes it: <c>Tag</c>, <c>Sequence[0].Tag</c>, <c>Sequence[*].Sequence[1].Tag</c>.
/// Numbers may stand in parentheses: <c>(5200,9230)[*].(0008,0023)</c>.
/// </summary>
public sealed class TagPath : IEquatable<TagPath>
{
    /// <summary>Every item.</summary>
    private const int Any = -1;

    /// <summary>As deep as data sets are read.</summary>
    private const int LongestPath = 100;

    private readonly (DicomTag Sequence, int Index)[] _prefix;

    private TagPath((DicomTag Sequence, int Index)[] prefix, DicomTag last, string? creator, string text)
    {
        _prefix = prefix;
        Last = last;
        Creator = creator;
        Text = text;
    }

    /// <summary>The tag at the end.</summary>
    public DicomTag Last { get; }

    /// <summary>The owner of a private tag that was given by keyword; else null.</summary>
    public string? Creator { get; }

    /// <summary>The tag at the beginning: the first sequence, or the last tag itself.</summary>
    public DicomTag Root => _prefix.Length == 0 ? Last : _prefix[0].Sequence;

    /// <summary>Whether it stands in the data set itself.</summary>
    public bool IsTop => _prefix.Length == 0;

    /// <summary>As the request wrote it.</summary>
    public string Text { get; }

    /// <exception cref="EdgeException">UnknownDicomTag; BadRequest for a path that is none.</exception>
    public static TagPath Parse(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length > LongestPath)
        {
            throw Bad(text);
        }

        var prefix = new (DicomTag, int)[parts.Length - 1];
        for (int i = 0; i < prefix.Length; i++)
        {
            ReadOnlySpan<char> part = parts[i].AsSpan().Trim();
            int open = part.IndexOf('[');
            if (open <= 0 || part[^1] != ']')
            {
                throw Bad(text);
            }

            ReadOnlySpan<char> index = part[(open + 1)..^1].Trim();
            int number = Any;
            if (!index.SequenceEqual("*") && !int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                throw Bad(text);
            }

            prefix[i] = (DicomTag.Parse(Bare(part[..open])), number);
        }

        ReadOnlySpan<char> last = Bare(parts[^1].AsSpan().Trim());
        return DicomTag.TryParse(last, out DicomTag tag, out string? creator)
            ? new TagPath(prefix, tag, creator, text)
            : throw new EdgeException(ErrorCode.UnknownDicomTag, $"Unknown DICOM tag: \"{(text.Length <= 64 ? text : text[..64] + "...")}\"");
    }

    public static TagPath Of(DicomTag tag) => new([], tag, null, tag.ToString());

    /// <summary>Calls <paramref name="visit"/> with each data set that holds, or could hold, the last tag.</summary>
    /// <param name="creates">Makes a missing sequence with one item where the path names item 0.</param>
    public void Visit(DataSet top, bool creates, Action<DataSet> visit) => Visit(top, 0, creates, visit);

    /// <summary>Whether an element at a place is this one. An element below a place that is kept whole is not asked for.</summary>
    public bool Matches(IReadOnlyList<(DicomTag Sequence, int Index)> place, DicomTag tag)
    {
        if (tag != Last || place.Count != _prefix.Length)
        {
            return false;
        }

        for (int i = 0; i < _prefix.Length; i++)
        {
            if (_prefix[i].Sequence != place[i].Sequence || (_prefix[i].Index != Any && _prefix[i].Index != place[i].Index))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the path leads through an element at a place: then that sequence stays, and its items are looked at.</summary>
    public bool LeadsThrough(IReadOnlyList<(DicomTag Sequence, int Index)> place, DicomTag sequence)
    {
        if (place.Count >= _prefix.Length || _prefix[place.Count].Sequence != sequence)
        {
            return false;
        }

        for (int i = 0; i < place.Count; i++)
        {
            if (_prefix[i].Sequence != place[i].Sequence || (_prefix[i].Index != Any && _prefix[i].Index != place[i].Index))
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(TagPath? other) => other is not null && Last == other.Last && _prefix.AsSpan().SequenceEqual(other._prefix);

    public override bool Equals(object? obj) => Equals(obj as TagPath);

    public override int GetHashCode() => HashCode.Combine(Last, _prefix.Length);

    public override string ToString() => Text;

    private void Visit(DataSet at, int depth, bool creates, Action<DataSet> visit)
    {
        if (depth == _prefix.Length)
        {
            visit(at);
            return;
        }

        (DicomTag sequence, int index) = _prefix[depth];
        IReadOnlyList<DataSet> items = at.GetItems(sequence);
        if (items.Count == 0 && creates && index <= 0 && index != Any)
        {
            at.SetItems(sequence, [new DataSet()]);
            items = at.GetItems(sequence);
        }

        for (int i = 0; i < items.Count; i++)
        {
            if (index == Any || index == i)
            {
                Visit(items[i], depth + 1, creates, visit);
            }
        }
    }

    /// <summary>A number without its parentheses; all else as it is.</summary>
    private static ReadOnlySpan<char> Bare(ReadOnlySpan<char> tag) =>
        tag is ['(', .., ')'] && DicomTag.TryParseNumber(tag[1..^1], out _) ? tag[1..^1] : tag;

    private static EdgeException Bad(string text) =>
        new(ErrorCode.BadRequest, $"Not a path to a DICOM tag (such as \"Sequence[0].Tag\" or \"Sequence[*].Tag\"): \"{(text.Length <= 64 ? text : text[..64] + "...")}\"");
}
