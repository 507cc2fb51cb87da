namespace Edge.Core.Options;

/// <summary>DICOM dictionary and character sets.</summary>
[OptionGroup("DICOM dictionary and texts")]
public sealed class DictionaryOptions
{
    /// <summary>The character set of data sets that name none.</summary>
    [Option(Choices = "Ascii|Utf8|Latin1|Latin2|Latin3|Latin4|Latin5|Cyrillic|Windows1251|Arabic|Greek|Hebrew|Thai|Japanese|Chinese|Korean|JapaneseKanji|SimplifiedChinese")]
    public string DefaultEncoding { get; set; } = "Latin1";

    /// <summary>Know the usual private tags of manufacturers.</summary>
    [Option]
    public bool LoadPrivateDictionary { get; set; } = true;

    /// <summary>More tags: "gggg,eeee" to [ VR, name, least multiplicity, greatest multiplicity (0 = any), private creator ]; all but VR and name may be left out.</summary>
    [Option(Reader = "DictionaryEntries", Example = "{ \"0014,1020\": [ \"DA\", \"ValidationExpiryDate\", 1, 1 ], \"00e1,10c2\": [ \"UI\", \"PET-CT Multi Modality Name\", 1, 1, \"ELSCINT1\" ] }")]
    public DictionaryEntry[] Dictionary { get; set; } = [];

    /// <summary>Dictionaries in the format of DCMTK, such as DICONDE.</summary>
    [Option(Format = OptionFormat.File)]
    public string[] ExternalDictionaries { get; set; } = [];

    /// <summary>The private creator assumed where a request names a private tag without one.</summary>
    [Option]
    public string DefaultPrivateCreator { get; set; } = "";
}
