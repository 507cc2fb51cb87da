using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Text;

public sealed class SpecificCharacterSetTests
{
    private static byte[] Bytes(string escaped) => System.Text.Encoding.Latin1.GetBytes(escaped.Replace("<ESC>", "\u001b"));

    private static SpecificCharacterSet Set(string value) => SpecificCharacterSet.FromValue(value, OrthancEncoding.Latin1);

    // PS3.5 annexes H, I, J and K: value of (0008,0005), bytes, text. They decode, and encode to the same bytes.
    [Theory]
    [InlineData("\\ISO 2022 IR 87", "Yamada^Tarou=<ESC>$B;3ED<ESC>(B^<ESC>$BB@O:<ESC>(B=<ESC>$B$d$^$@<ESC>(B^<ESC>$B$?$m$&<ESC>(B", "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [InlineData("ISO 2022 IR 13\\ISO 2022 IR 87", "\u00d4\u00cf\u00c0\u00de^\u00c0\u00db\u00b3=<ESC>$B;3ED<ESC>(J^<ESC>$BB@O:<ESC>(J=<ESC>$B$d$^$@<ESC>(J^<ESC>$B$?$m$&<ESC>(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")]
    [InlineData("\\ISO 2022 IR 149", "Hong^Gildong=<ESC>$)C\u00fb\u00f3^<ESC>$)C\u00d1\u00ce\u00d4\u00d7=<ESC>$)C\u00c8\u00ab^<ESC>$)C\u00b1\u00e6\u00b5\u00bf", "Hong^Gildong=洪^吉洞=홍^길동")]
    [InlineData("ISO_IR 192", "Wang^XiaoDong=\u00e7\u008e\u008b^\u00e5\u00b0\u008f\u00e4\u00b8\u009c=", "Wang^XiaoDong=王^小东=")]
    [InlineData("GB18030", "Wang^XiaoDong=\u00cd\u00f5^\u00d0\u00a1\u00b6\u00ab=", "Wang^XiaoDong=王^小东=")]
    [InlineData("\\ISO 2022 IR 58", "Zhang^XiaoDong=<ESC>$)A\u00d5\u00c5^<ESC>$)A\u00d0\u00a1\u00b6\u00ab=", "Zhang^XiaoDong=张^小东=")]
    [InlineData("ISO_IR 100", "Buc^J\u00e9r\u00f4me", "Buc^Jérôme")]
    [InlineData("ISO_IR 101", "W\u00b3odzimierz", "Włodzimierz")]
    [InlineData("ISO_IR 109", "\u00a9", "İ")]
    [InlineData("ISO_IR 110", "\u00bf", "ŋ")]
    [InlineData("ISO_IR 148", "\u00fd", "ı")]
    [InlineData("ISO_IR 144", "\u00bb\u00ee\u00dace\u00dc\u00d1yp\u00d3", "Люкceмбypг")]
    [InlineData("ISO_IR 127", "\u00e2\u00c8\u00c7\u00e6\u00ea", "قباني")]
    [InlineData("ISO_IR 126", "\u00c4\u00e9\u00ef\u00ed\u00f5\u00f3\u00e9\u00ef\u00f2", "Διονυσιος")]
    [InlineData("ISO_IR 138", "\u00f9\u00f8\u00e5\u00ef^\u00e3\u00e1\u00e5\u00f8\u00e4", "שרון^דבורה")]
    [InlineData("ISO_IR 166", "\u00a1\u00d2", "กา")]
    [InlineData("ISO_IR 13", "\u00d4\u00cf", "ﾔﾏ")]
    [InlineData("GBK", "\u00b0\u00a1", "啊")]
    [InlineData("ISO_IR 203", "\u00a4", "€")]
    [InlineData("ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126", "Caf\u00e9 <ESC>-L\u00bb\u00ee <ESC>-F\u00c4", "Café Лю Δ")]
    [InlineData("\\ISO 2022 IR 87\\ISO 2022 IR 159", "<ESC>$B0!<ESC>$(D0!<ESC>(B", "亜丂")]
    public void ExamplesOfTheStandardGoBothWays(string value, string bytes, string text)
    {
        SpecificCharacterSet set = Set(value);
        Assert.Equal(text, set.Decode(Bytes(bytes), Vr.PN));
        Assert.Equal(Bytes(bytes), set.Encode(text, Vr.PN));
        Assert.Equal(value, set.Value);
        Assert.True(set.CanEncode(text));
    }

    // What a live Orthanc answered.
    [Theory]
    [InlineData("ISO_IR 192", "\u00c3\u00a9\u00e6\u00bc\u00a2", "é漢")]
    [InlineData("ISO_IR 144", "\u00bf", "П")]
    [InlineData("GB18030", "\u00b0\u00a1", "啊")]
    [InlineData("ISO_IR 100\\ISO 2022 IR 126", "\u00e9", "é")]
    [InlineData("", "a\u00e9", "aé")]
    [InlineData("iso_ir 100", "\u00e9", "é")]
    [InlineData("ISO-IR 100", "\u00e9", "é")]
    [InlineData("ISO_IR_100", "\u00e9", "é")]
    [InlineData("FOO", "a\u00e9b", "ab")]
    [InlineData("latin1", "\u00e9", "")]
    [InlineData("\\ISO 2022 IR 100", "\u00e9", "é")]
    [InlineData("ISO_IR 6", "a\u00e9\tb", "a\tb")]
    public void TolerancesAreOrthancs(string value, string bytes, string text) => Assert.Equal(text, Set(value).Decode(Bytes(bytes)));

    // PS3.5 6.1.2.5.3: delimiters bring back the sets of value 1.
    [Theory]
    [InlineData("<ESC>-L\u00bb\\\u00e9", Vr.LO, "Л\\é")]
    [InlineData("<ESC>-L\u00bb^\u00e9", Vr.PN, "Л^é")]
    [InlineData("<ESC>-L\u00bb=\u00e9", Vr.PN, "Л=é")]
    [InlineData("<ESC>-L\u00bb^\u00e9", Vr.LO, "Л^щ")]
    [InlineData("<ESC>-L\u00bb\\\u00e9", Vr.LT, "Л\\щ")]
    [InlineData("<ESC>-L\u00bb\r\n\u00e9", Vr.LT, "Л\r\né")]
    [InlineData("<ESC>-L\u00bb\t\u00e9", Vr.LO, "Л\té")]
    public void DelimitersEndExtensions(string bytes, Vr vr, string text) => Assert.Equal(text, Set("ISO 2022 IR 100\\ISO 2022 IR 144").Decode(Bytes(bytes), vr));

    [Theory]
    [InlineData("<ESC>")]
    [InlineData("<ESC>$")]
    [InlineData("<ESC>$B;")]
    [InlineData("<ESC>$B;3E")]
    [InlineData("<ESC>$(")]
    [InlineData("<ESC>zz<ESC>$)C\u00fb")]
    [InlineData("\u00ff\u00ff<ESC>-")]
    public void BrokenSequencesAreRead(string bytes)
    {
        foreach (string value in new[] { "\\ISO 2022 IR 87", "\\ISO 2022 IR 149", "ISO 2022 IR 13\\ISO 2022 IR 87", "ISO_IR 192", "GB18030", "ISO_IR 100" })
        {
            string text = Set(value).Decode(Bytes(bytes));
            Assert.True(text.Length <= bytes.Length);
        }
    }

    [Fact]
    public void WhatASetDoesNotHaveIsLost()
    {
        Assert.False(Set("ISO_IR 100").CanEncode("漢"));
        Assert.Equal("a"u8.ToArray(), Set("ISO_IR 100").Encode("a漢"));
        Assert.Empty(Set("\\ISO 2022 IR 87").Encode("🦴"));
        Assert.Equal("$B"u8.ToArray(), Set("\\ISO 2022 IR 87").Encode("\u001b$B"));
        Assert.True(Set("ISO_IR 192").CanEncode("🦴"));
        Assert.True(Set("GB18030").CanEncode("🦴"));
    }

    [Theory]
    [InlineData("Latin1", "ISO_IR 100", OrthancEncoding.Latin1)]
    [InlineData("utf8", "ISO_IR 192", OrthancEncoding.Utf8)]
    [InlineData("WINDOWS1251", "", OrthancEncoding.Windows1251)]
    [InlineData("Japanese", "ISO_IR 13", OrthancEncoding.Japanese)]
    [InlineData("JapaneseKanji", "ISO 2022 IR 87", OrthancEncoding.JapaneseKanji)]
    [InlineData("Chinese", "GB18030", OrthancEncoding.Chinese)]
    public void EncodingsHaveOrthancsNames(string name, string term, OrthancEncoding encoding)
    {
        Assert.True(OrthancEncodings.TryParse(name, out OrthancEncoding parsed));
        Assert.Equal(encoding, parsed);
        SpecificCharacterSet set = SpecificCharacterSet.Of(encoding);
        Assert.Equal((term, encoding), (set.Value, set.Encoding));
        Assert.Equal(name, OrthancEncodings.NameOf(encoding), ignoreCase: true);
        Assert.False(OrthancEncodings.TryParse("Klingon", out _));
    }

    [Fact]
    public void EveryEncodingGoesBothWaysForItsOwnCharacters()
    {
        foreach (OrthancEncoding encoding in Enum.GetValues<OrthancEncoding>())
        {
            if (encoding == OrthancEncoding.Ascii)
            {
                continue;
            }

            SpecificCharacterSet set = SpecificCharacterSet.Of(encoding);
            int carried = 0;
            for (int c = 0xA0; c < 0xFFFF; c++)
            {
                string text = ((char)c).ToString();
                if (!char.IsSurrogate((char)c) && set.Encode(text) is { Length: > 0 } coded && set.Decode(coded) == text)
                {
                    carried++;
                }
            }

            Assert.True(carried >= 40, $"{encoding}: {carried}");
        }
    }

    [Fact]
    public void SampleFilesOfTheCorpusHoldTheirNames()
    {
        (string File, string Name)[] names =
        [
            ("chrArab.dcm", "قباني^لنزار"), ("chrFren.dcm", "Buc^Jérôme"), ("chrGerm.dcm", "Äneas^Rüdiger"), ("chrGreek.dcm", "Διονυσιος"),
            ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"), ("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"), ("chrHbrw.dcm", "שרון^דבורה"),
            ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"), ("chrJapMulti.dcm", "やまだ^たろう"), ("chrKoreanMulti.dcm", "김희중"), ("chrRuss.dcm", "Люкceмбypг"),
            ("chrX1.dcm", "Wang^XiaoDong=王^小東="), ("chrX2.dcm", "Wang^XiaoDong=王^小东="),
        ];
        foreach ((string file, string name) in names)
        {
            if (Corpus.Path(file) is { } path)
            {
                Assert.Equal(name, DicomFile.Read(File.ReadAllBytes(path)).DataSet.GetString(DicomTags.PatientName));
            }
        }
    }

    [Fact]
    public void ItemsInheritOrHaveTheirOwn()
    {
        var item = new DataSet();
        var own = new DataSet();
        var top = new DataSet();
        top.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 144");
        own.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 192");
        top.SetItems(DicomTags.ReferencedStudySequence, [item, own]);
        item.SetString(DicomTags.PatientName, "Люк");
        own.SetString(DicomTags.PatientName, "Люк");
        Assert.Equal([0xBB, 0xEE, 0xDA, 0x20], item.GetBytes(DicomTags.PatientName)!.Value.ToArray());
        Assert.Equal("Люк", item.GetString(DicomTags.PatientName));
        Assert.Equal("Люк", own.GetString(DicomTags.PatientName));
        top.ChangeCharacterSet(SpecificCharacterSet.Of(OrthancEncoding.Utf8));
        Assert.Equal("ISO_IR 192", top.GetString(DicomTags.SpecificCharacterSet));
        Assert.Equal("Люк", item.GetString(DicomTags.PatientName));
        Assert.Equal("Люк", own.GetString(DicomTags.PatientName));
        Assert.False(own.Contains(DicomTags.SpecificCharacterSet));
        Assert.Equal(6, item.GetBytes(DicomTags.PatientName)!.Value.Length);
    }
}
