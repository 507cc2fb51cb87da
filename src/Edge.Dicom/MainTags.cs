using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;

namespace Edge.Dicom;

/// <summary>The main DICOM tags of each level: Orthanc 1.12.11's lists and what <c>ExtraMainDicomTags</c> adds. Immutable.</summary>
public sealed class MainTags
{
    private static readonly DicomTag[][] Defaults =
    [
        [new(0x00100010), new(0x00100020), new(0x00100030), new(0x00100040), new(0x00101000)],
        [
            new(0x00080020), new(0x00080030), new(0x00080050), new(0x00080080), new(0x00080090), new(0x00080201), new(0x00081030), new(0x0020000D),
            new(0x00200010), new(0x00321032), new(0x00321060),
        ],
        [
            new(0x00080021), new(0x00080031), new(0x00080060), new(0x00080070), new(0x00080201), new(0x00081010), new(0x0008103E), new(0x00081070),
            new(0x00180010), new(0x00180015), new(0x00180024), new(0x00181030), new(0x00181090), new(0x00181400), new(0x0020000E), new(0x00200011),
            new(0x00200037), new(0x00200105), new(0x00201002), new(0x00400244), new(0x00400245), new(0x00400254), new(0x00400275), new(0x00540081),
            new(0x00540101), new(0x00541000),
        ],
        [
            new(0x00080012), new(0x00080013), new(0x00080018), new(0x00200012), new(0x00200013), new(0x00200032), new(0x00200037), new(0x00200100),
            new(0x00204000), new(0x00280008), new(0x00541330),
        ],
    ];

    private readonly DicomTag[][] _tags;
    private readonly string[] _signatures;

    private MainTags(DicomTag[][] tags)
    {
        _tags = tags;
        _signatures = Array.ConvertAll(tags, Sign);
        All = [.. tags.SelectMany(level => level).Distinct().Order()];
    }

    /// <summary>The lists without additions.</summary>
    public static MainTags Default { get; } = new(Defaults);

    /// <summary>The tags of all levels, ascending, each once.</summary>
    public IReadOnlyList<DicomTag> All { get; }

    /// <summary>The lists with additions.</summary>
    /// <exception cref="EdgeException">MainDicomTagsMultiplyDefined for a tag that its level has already; ParameterOutOfRange for a private one.</exception>
    public static MainTags With(IEnumerable<(ResourceLevel Level, DicomTag Tag)> extra)
    {
        DicomTag[][] tags = [.. Defaults];
        foreach ((ResourceLevel level, DicomTag tag) in extra)
        {
            int at = (int)level - 1;
            if (tag.IsPrivate)
            {
                throw new EdgeException(ErrorCode.ParameterOutOfRange, $"ExtraMainDicomTags: {tag} of level {level} is private");
            }

            if (Array.IndexOf(tags[at], tag) >= 0)
            {
                throw new EdgeException(ErrorCode.MainDicomTagsMultiplyDefined, $"ExtraMainDicomTags: {tag} is a main tag of level {level} already");
            }

            tags[at] = [.. tags[at], tag];
        }

        return new MainTags(tags);
    }

    /// <summary>The tags of a level: Orthanc's order, additions last.</summary>
    public IReadOnlyList<DicomTag> Of(ResourceLevel level) => _tags[(int)level - 1];

    public bool Contains(ResourceLevel level, DicomTag tag) => Array.IndexOf(_tags[(int)level - 1], tag) >= 0;

    /// <summary>The signature of a level: its tags as <c>gggg,eeee</c>, sorted as text, joined by <c>;</c>.</summary>
    public string Signature(ResourceLevel level) => _signatures[(int)level - 1];

    private static string Sign(DicomTag[] tags)
    {
        string[] texts = Array.ConvertAll(tags, tag => tag.ToString());
        Array.Sort(texts, StringComparer.Ordinal);
        return string.Join(';', texts);
    }
}
