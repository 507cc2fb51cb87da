using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Modification;

namespace Edge.Engine.Forwarding;

/// <summary>
/// A condition on the value of an element: one of the patterns must match. An element that is absent counts as empty. Any element up to the pixel
/// data, private ones and those in items of sequences included; of the meta information the transfer syntax.
/// </summary>
public sealed class TagCondition
{
    /// <summary>Blocks that a private creator may own (PS3.5 7.8.1) and that are looked at; more than these are not met.</summary>
    private const int PrivateBlocks = 16;

    private readonly TagPath _path;
    private readonly ValuePattern[] _patterns;
    private bool _hasWarned;

    public TagCondition(TagPath path, ValuePattern[] patterns)
    {
        _path = path;
        _patterns = patterns;
        DicomTag root = path.Root;
        ScannedTags = root.IsMeta ? []
            : path.Creator is not null && path.IsTop ? [.. Enumerable.Range(0x10, PrivateBlocks).SelectMany(block => InBlock(root, block))]
            : root.IsPrivateElement ? [root.CreatorTag, root]
            : [root];
    }

    /// <summary>The elements of the top level that a scan must keep, so that <see cref="Matches"/> can tell.</summary>
    public IReadOnlyList<DicomTag> ScannedTags { get; }

    /// <summary>Whether both stand for the same element.</summary>
    public bool IsOn(TagPath path) => _path.Equals(path);

    /// <summary>Why no instance can ever match such a condition when it is received; null if some can.</summary>
    public static string? WhyNever(TagPath path)
    {
        DicomTag root = path.Root;
        if (root.IsMeta)
        {
            return root == DicomTags.TransferSyntaxUID && path.IsTop ? null : "stands in the meta information, of which only TransferSyntaxUID can be asked for";
        }

        if (root.Value >= 0x7FE00008)
        {
            return "is pixel data or stands behind it, where reception does not look";
        }

        // Of what no dictionary knows, the file may say what it is.
        bool isKnown = path.Creator is not null || !path.Last.IsPrivate;
        Vr vr = isKnown ? DicomDictionary.VrOf(path.Last, path.Creator, out _) : Vr.None;
        return vr == Vr.SQ ? "is a sequence and has no value: name an element of its items, as in Sequence[*].Element"
            : isKnown && vr != Vr.UN && VrInfo.Kind(vr) == VrKind.Bulk ? "holds bytes, neither text nor numbers"
            : null;
    }

    public bool Matches(HeaderScan scan, OrthancEncoding encoding)
    {
        if (_path.Root.IsMeta)
        {
            return ValuePattern.AnyMatches(_patterns, scan.TransferSyntax.Uid);
        }

        if (_path.IsTop && !_path.Last.IsPrivate)
        {
            return ValuePattern.AnyMatches(_patterns, scan.GetString(_path.Last, encoding) ?? "");
        }

        if (scan.IsTooLong(_path.Root))
        {
            Warn("is longer than what reception looks at");
        }

        bool found = false;
        bool matches = false;
        try
        {
            _path.Visit(scan.ToDataSet(ScannedTags, encoding), creates: false, dataSet =>
            {
                if (ValueIn(dataSet) is { } value)
                {
                    found = true;
                    matches = matches || ValuePattern.AnyMatches(_patterns, value);
                }
            });
        }
        catch (DicomFormatException damaged)
        {
            Warn(damaged.Message); // a rule is no reason to refuse an image
        }

        return found ? matches : ValuePattern.AnyMatches(_patterns, "");
    }

    private string? ValueIn(DataSet dataSet)
    {
        DicomTag tag = _path.Last;
        if (_path.Creator is { } creator)
        {
            if (dataSet.FindPrivateTag(creator, tag.Group, (byte)tag.Element) is not { } there)
            {
                return null;
            }

            tag = there;
        }

        // A private text of a file in implicit VR has no VR that says so.
        return dataSet.GetString(tag)
            ?? (dataSet.Find(tag) is { Vr: Vr.UN, IsSequence: false } unknown ? dataSet.CharacterSet.Decode(TextBytes.PreparedUnknown(unknown.Value.Span), Vr.LO) : null);
    }

    private static IEnumerable<DicomTag> InBlock(DicomTag tag, int block) =>
        [new DicomTag(tag.Group, (ushort)block), new DicomTag(tag.Group, (ushort)(block << 8 | (byte)tag.Element))];

    /// <summary>Once: with every instance of a study it would say nothing new.</summary>
    private void Warn(string why)
    {
        if (!_hasWarned)
        {
            _hasWarned = true;
            Log.Jobs.Warning($"a forwarding rule cannot read {_path} of an instance, which counts as empty: {why}");
        }
    }
}
